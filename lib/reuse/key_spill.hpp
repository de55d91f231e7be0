// Keys in the order of rows go in, and come out by region: in a file, so that memory holds one region's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "record/row_key.hpp"
#include "reuse/temporary_file.hpp"

namespace infer::detail {

struct RowOfKey {
  RowKey key;
  std::uint64_t row = 0;
};

/// Thread-compatible.
class KeySpill {
 public:
  /// 2^bits regions. Throws UsageError, as all else.
  KeySpill(const std::string& folder, unsigned bits);

  void add(const RowKey& key, std::uint64_t row);
  /// In the order in which they were added. No more are added then.
  std::vector<RowOfKey> region(std::size_t number);

  std::size_t regions() const { return regions_.size(); }
  unsigned bits() const { return bits_; }

 private:
  struct RegionKeys {
    std::vector<RowOfKey> waiting;
    std::vector<std::uint64_t> places;  ///< bytes of the file, each of kAtOnce keys
  };
  void write_out(RegionKeys& region);

  unsigned bits_;
  TemporaryFile file_;
  std::vector<RegionKeys> regions_;
};

}  // namespace infer::detail
