// Makes the index that finds rows of earlier outputs by their keys: files that the processes of a host open.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "reuse/reuse_source.hpp"
#include "reuse/temporary_file.hpp"

namespace infer {

/// Its files have names until this is destroyed, by when every ReuseIndex of it must have been opened; those
/// live on.
class BuiltReuseIndex {
 public:
  BuiltReuseIndex(TemporaryFile index, std::vector<TemporaryFile> unpacked)
      : index_(std::move(index)), unpacked_(std::move(unpacked)) {
    index_.name_it();
  }
  const std::string& path() { return index_.name_it(); }

 private:
  TemporaryFile index_;
  std::vector<TemporaryFile> unpacked_;
};

/// Reads all keys and all outputs once, and checks them. Of equal keys the first counts, in the order of the
/// sources and their rows. Writes into `folder` 9.2 bytes a row, up to 8 more for each 512 bytes of rows,
/// what packed outputs unpack to, and meanwhile 24 bytes a row. Memory holds a block of rows, and some
/// megabytes with the keys of about `rows_at_once`. Throws UsageError for an output or keys that are not as
/// they were written, by name, and where there is no room.
BuiltReuseIndex build_reuse_index(std::span<const ReuseSource> sources, const std::string& folder,
                                  std::uint64_t rows_at_once = std::uint64_t{1} << 18U);

}  // namespace infer
