// What the model gave for records that came lately, so that their repeats are not scored.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "record/row_key.hpp"

namespace infer {

/// Thread-safe. Forgets what was not asked for longest, about, when it is full.
class RepeatCache {
 public:
  /// `bytes`: of values and of what finds them, about.
  explicit RepeatCache(std::size_t bytes) : shard_bytes_(bytes / kShards / 2) {}

  using Values = std::shared_ptr<const std::string>;  ///< as OutputFormat::append_values() made them

  /// Null: it does not know.
  Values find(const RowKey& key);
  void put(const RowKey& key, std::string values);

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kEntryBytes = 112;  ///< a node of the map, and what shares the text

  struct Hash {
    std::size_t operator()(const RowKey& key) const { return key.low; }
  };
  using Map = std::unordered_map<RowKey, Values, Hash>;

  /// Half of it is asked first and filled; once that is full, it takes the place of the other half.
  struct Shard {
    std::mutex mutex;
    Map young;
    Map old;
    std::size_t young_bytes = 0;
  };

  Shard& shard_of(const RowKey& key) { return shards_[key.high % kShards]; }
  void keep(Shard& shard, const RowKey& key, Values values) const;

  const std::size_t shard_bytes_;
  std::array<Shard, kShards> shards_;
};

}  // namespace infer
