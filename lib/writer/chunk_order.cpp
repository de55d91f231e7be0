#include "writer/chunk_order.hpp"

#include <utility>

#include "base/error.hpp"

namespace infer {

void ChunkOrder::add(EncodedChunk chunk) {
  const auto id = chunk.range.id;
  INFER_ASSERT(waiting_.size() <= window_);
  const bool first_time = waiting_.try_emplace(id, std::move(chunk)).second;
  INFER_ASSERT(first_time && id >= next_);
}

std::optional<EncodedChunk> ChunkOrder::take() {
  auto chunk = waiting_.extract(next_);
  if (!chunk) return std::nullopt;
  ++next_;
  return std::move(chunk.mapped());
}

}  // namespace infer
