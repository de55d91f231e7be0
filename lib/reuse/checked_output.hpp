// One pass over an earlier output: that it is what its keys tell of, and where its rows are.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/file_stamp.hpp"
#include "keys/keys_file.hpp"
#include "reuse/reuse_source.hpp"
#include "reuse/temporary_file.hpp"

namespace infer::detail {

/// Its rows, which follow one another in the output or in what it unpacks to.
struct CheckedOutput {
  FileStamp stamp;  ///< of the file with the rows
  std::uint64_t rows_begin = 0;
  std::uint64_t rows_end = 0;
  std::uint64_t rows_per_place = 0;         ///< 0: all rows are of one size
  std::optional<TemporaryFile> unpacked{};  ///< into `folder`
};

/// Called with more of the rows' places, in order.
using TakePlaces = std::function<void(std::span<const std::uint64_t> places)>;

/// Memory holds one block. Throws UsageError where it is not: by name, and what helps.
CheckedOutput check_output(const ReuseSource& source, const KeysFile& keys, const std::string& folder,
                           const TakePlaces& take_places);

}  // namespace infer::detail
