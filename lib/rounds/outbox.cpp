#include "rounds/outbox.hpp"

#include <utility>

#include "base/error.hpp"

namespace infer {

bool Outbox::collect(RankPipeline& pipeline) {
  for (auto& chunk : pipeline.take_finished()) {
    status_.ready.push_back({chunk.id, chunk.bytes});
    chunks_.emplace(chunk.id, std::move(chunk));
  }
  const auto before = std::exchange(status_.predicted, pipeline.predicted());
  return status_.predicted != before || !status_.ready.empty();
}

Status Outbox::take_status() {
  auto status = status_;
  status_.ready.clear();
  return status;
}

FinishedChunk Outbox::take(std::uint64_t id) {
  auto node = chunks_.extract(id);
  INFER_ASSERT(!node.empty());
  return std::move(node.mapped());
}

Bytes Outbox::take_messages(std::span<const std::uint64_t> ids) {
  ByteWriter all;
  for (const auto id : ids) all.raw(take(id).message);
  return std::move(all).take();
}

}  // namespace infer
