#include "reader/chunk_readers.hpp"

#include <algorithm>
#include <utility>

namespace infer {

ChunkReaders::ChunkReaders(std::span<const InputFile> files, std::size_t max_record_bytes,
                           std::span<const Columns> choices)
    : files_(files) {
  for (const auto& columns : choices) readers_.emplace_back(files, max_record_bytes, columns);
}

bool ChunkReaders::has_tables(const GrantedChunk& granted) const {
  return !granted.payload &&
         std::ranges::any_of(files_.subspan(granted.range.file, granted.range.files), &InputFile::is_table);
}

std::vector<RawChunk> ChunkReaders::read(GrantedChunk granted) {
  std::vector<RawChunk> chunks;
  if (has_tables(granted)) {
    for (auto& reader : readers_) chunks.push_back(reader.read(granted));
  } else {
    chunks.push_back(readers_.front().read(std::move(granted)));
  }
  return chunks;
}

}  // namespace infer
