// What a stream consists of, and how it is to be cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "reader/input_file.hpp"
#include "record/selection.hpp"

namespace infer {

struct StreamConfig {
  std::vector<InputFile> files;
  std::optional<std::uint64_t> chunk_bytes{};  ///< empty: as choose_chunk_bytes() would, by the first records
  std::uint64_t chunk_rows = 1024;             ///< then, at most
  std::size_t max_record_bytes = 0;
  Seconds stall{600};                            ///< of one read of a regular file; --stall-timeout
  std::shared_ptr<const Selection> selection{};  ///< null: all records; its chunks are those of `chunk_bytes`
  std::uint64_t bytes_ahead = std::uint64_t{8} << 20U;  ///< cut and not granted, of more chunks than a few
};

}  // namespace infer
