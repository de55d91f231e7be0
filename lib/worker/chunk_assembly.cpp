#include "worker/chunk_assembly.hpp"

#include <algorithm>
#include <utility>

namespace infer {

ChunkAssembly::ChunkAssembly(std::span<const ScoringConfig> scorings) {
  for (const auto& scoring : scorings) first_chunks_.push_back(scoring.first_chunk);
}

std::size_t ChunkAssembly::wanted(std::uint64_t id) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(first_chunks_, [id](std::uint64_t first) { return id >= first; }));
}

bool ChunkAssembly::is_predicted(std::uint64_t id) {
  if (wanted(id) == 1) return true;
  std::lock_guard lock(mutex_);
  return ++begun_[id].predicted == wanted(id);
}

std::optional<std::vector<EncodedChunk>> ChunkAssembly::add(EncodedChunk chunk) {
  const auto id = chunk.range.id;
  std::vector<EncodedChunk> all;
  if (wanted(id) == 1) {
    all.push_back(std::move(chunk));
    return all;
  }
  std::lock_guard lock(mutex_);
  auto& encoded = begun_[id].encoded;
  encoded.push_back(std::move(chunk));
  if (encoded.size() < wanted(id)) return std::nullopt;
  all = std::move(encoded);
  begun_.erase(id);
  return all;
}

}  // namespace infer
