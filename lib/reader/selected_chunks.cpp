#include "reader/selected_chunks.hpp"

#include "base/error.hpp"
#include "reader/sample.hpp"

namespace infer {

RawChunk SelectedChunks::first_records(std::size_t max_record_bytes) {
  return read_sample(files(), max_record_bytes);
}

std::optional<std::uint64_t> SelectedChunks::input_bytes() const {
  std::uint64_t bytes = 0;
  for (std::uint64_t id = 0; id < chunks(); ++id) bytes += range(id).end - range(id).begin;
  return bytes;
}

GrantedChunk SelectedChunks::grant(std::uint64_t id) {
  return {range(id), selection_->chunks()[id].selected};
}

std::string SelectedChunks::place(std::uint64_t id) const { return place_text(plan_->files(), range(id)); }

ChunkRange SelectedChunks::range(std::uint64_t id) const {
  INFER_ASSERT(id < chunks());
  return selected_range(id, selection_->chunks()[id]);
}

/// A record behind a byte order mark begins a few bytes after its line.
ChunkRange selected_range(std::uint64_t id, const Selection::Chunk& chunk) {
  constexpr std::uint64_t kByteOrderMarkBytes = 3;
  const auto first = chunk.selected.offset;
  return {id, chunk.file, first <= kByteOrderMarkBytes ? 0 : first, chunk.last_offset + 1};
}

}  // namespace infer
