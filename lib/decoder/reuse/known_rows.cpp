#include "decoder/reuse/known_rows.hpp"

#include <bit>

namespace infer::detail {
namespace {

std::optional<KeyDigest> make_digest(const RowReuse& reuse) {
  if (reuse.key_context) return KeyDigest(*reuse.key_context);
  if (reuse.repeats || reuse.cache) return KeyDigest(reuse.secret);
  return std::nullopt;
}

}  // namespace

KnownRows::KnownRows(const RowReuse& reuse) : reuse_(reuse), digest_(make_digest(reuse)) {
  for (const auto& context : reuse.other_contexts) other_digests_.emplace_back(context);
}

void KnownRows::begin_chunk(std::size_t records) {
  if (reuse_.repeats) slots_.assign(std::bit_ceil(2 * records + 1), {});
}

bool KnownRows::find(const InputFields& inputs, Row& row, ChunkWork& work) {
  if (!digest_) return false;
  digest_->begin();
  inputs.add_to(*digest_);
  key_ = digest_->key();
  if (reuse_.key_context || reuse_.cache) row.key = key_;
  if (reuse_.earlier) row.earlier = reuse_.earlier(key_);
  if (row.earlier) {
    ++work.reused;
    return true;
  }
  const bool is_repeat = finds_example(row) || finds_values(row);
  work.repeated += is_repeat ? 1 : 0;
  return is_repeat;
}

void KnownRows::add_other_keys(const InputFields* inputs, std::vector<std::vector<RowKey>>& keys) {
  keys.resize(other_digests_.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto& key = keys[i].emplace_back();
    if (inputs == nullptr) continue;
    other_digests_[i].begin();
    inputs->add_to(other_digests_[i]);
    key = other_digests_[i].key();
  }
}

/// Of the chunk.
bool KnownRows::finds_example(Row& row) {
  if (!reuse_.repeats) return false;
  const auto& slot = slot_of(key_);
  if (slot.key.is_none()) return false;
  row.example = slot.example;
  return true;
}

bool KnownRows::finds_values(Row& row) const {
  if (reuse_.cache) row.values = reuse_.cache->find(key_);
  return row.values != nullptr;
}

void KnownRows::add(const Row& row) {
  if (reuse_.repeats) slot_of(key_) = {key_, row.example};
}

/// That of the key, or the free one that it gets.
KnownRows::Slot& KnownRows::slot_of(const RowKey& key) {
  const auto mask = slots_.size() - 1;
  auto at = key.low & mask;
  while (!slots_[at].key.is_none() && slots_[at].key != key) at = (at + 1) & mask;
  return slots_[at];
}

}  // namespace infer::detail
