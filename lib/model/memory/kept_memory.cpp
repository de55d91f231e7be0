#include "model/memory/kept_memory.hpp"

#include <algorithm>
#include <utility>

namespace infer::detail {

void* KeptMemory::take(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (auto kept = take_kept(bytes)) return hand_out(std::move(*kept));
  make_room(bytes);
  return hand_out({bytes, source_.allocate(bytes)});
}

bool KeptMemory::give_back(void* data) {
  const std::lock_guard lock(mutex_);
  const auto found = used_.find(data);
  if (found == used_.end()) return false;
  used_bytes_ -= found->second.bytes;
  kept_bytes_ += found->second.bytes;
  kept_.push_back(std::move(found->second));
  used_.erase(found);
  return true;
}

void KeptMemory::release() {
  const std::lock_guard lock(mutex_);
  kept_.clear();
  kept_bytes_ = 0;
  most_used_bytes_ = used_bytes_;
}

/// The smallest that is large enough, and no more than a quarter larger: batches differ in size, and what a
/// piece has more than it serves is lost meanwhile.
auto KeptMemory::take_kept(std::size_t bytes) -> std::optional<Piece> {
  const auto loss = [&](const Piece& piece) { return piece.bytes - bytes; };  // of a smaller one: huge
  const auto best = std::ranges::min_element(kept_, {}, loss);
  if (best == kept_.end() || loss(*best) > bytes / 4) return std::nullopt;
  auto piece = std::move(*best);
  kept_.erase(best);
  kept_bytes_ -= piece.bytes;
  return piece;
}

/// For a new piece as much of what is kept is freed.
void KeptMemory::make_room(std::size_t bytes) {
  const auto most = std::max(most_used_bytes_, used_bytes_ + bytes);
  auto end = kept_.begin();
  for (; used_bytes_ + bytes + kept_bytes_ > most; ++end) kept_bytes_ -= end->bytes;
  kept_.erase(kept_.begin(), end);
}

/// What needs memory comes first: give_back() must not fail, and what fails here counts for nothing.
void* KeptMemory::hand_out(Piece piece) {
  void* const data = piece.memory.get();
  const auto bytes = piece.bytes;
  kept_.reserve(kept_.size() + used_.size() + 1);
  used_.emplace(data, std::move(piece));
  used_bytes_ += bytes;
  most_used_bytes_ = std::max(most_used_bytes_, used_bytes_);
  return data;
}

}  // namespace infer::detail
