#include "rounds/outbox.hpp"

#include <utility>

#include "base/error.hpp"

namespace infer {

bool Outbox::collect(std::vector<FinishedChunk> chunks, std::vector<FinishedPart> parts,
                     std::uint64_t predicted) {
  for (auto& chunk : chunks) {
    status_.ready.push_back({chunk.id, chunk.bytes});
    chunks_.emplace(chunk.id, std::move(chunk));
  }
  status_.parts.insert(status_.parts.end(), parts.begin(), parts.end());
  const auto before = std::exchange(status_.predicted, predicted);
  return status_.predicted != before || !status_.ready.empty() || !status_.parts.empty();
}

Status Outbox::take_status() {
  auto status = status_;
  status_.ready.clear();
  status_.parts.clear();
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
