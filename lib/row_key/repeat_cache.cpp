#include "row_key/repeat_cache.hpp"

#include <utility>

namespace infer {

RepeatCache::Values RepeatCache::find(const RowKey& key) {
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.young.find(key); found != shard.young.end()) return found->second;
  auto found = shard.old.extract(key);
  if (found.empty()) return nullptr;
  keep(shard, key, found.mapped());
  return found.mapped();
}

void RepeatCache::put(const RowKey& key, std::string values) {
  auto shared = std::make_shared<const std::string>(std::move(values));
  auto& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  keep(shard, key, std::move(shared));
}

void RepeatCache::keep(Shard& shard, const RowKey& key, Values values) const {
  const auto bytes = values->size() + kEntryBytes;
  if (shard.young_bytes + bytes > shard_bytes_) {
    shard.old = std::exchange(shard.young, {});
    shard.young_bytes = 0;
  }
  if (bytes <= shard_bytes_ && shard.young.emplace(key, std::move(values)).second) shard.young_bytes += bytes;
}

}  // namespace infer
