#include "reader/chunk_plan.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "reader/sample.hpp"

namespace infer {
ChunkPlan::ChunkPlan(std::vector<InputFile> files, std::uint64_t chunk_bytes)
    : files_(std::move(files)), chunk_bytes_(chunk_bytes) {
  INFER_ASSERT(chunk_bytes_ > 0);
  Piece piece;
  for (std::uint32_t file = 0; file < files_.size(); ++file) {
    const auto bytes = files_[file].bytes;
    const bool fits = piece.bytes <= chunk_bytes_ && bytes <= chunk_bytes_ - piece.bytes;
    if (!fits) add(piece);
    if (!fits || piece.bytes == 0) piece = {file, 0, 0, 0};
    ++piece.files;
    piece.bytes += bytes;
  }
  add(piece);
}

/// Unless it has no bytes.
void ChunkPlan::add(const Piece& piece) {
  if (piece.bytes == 0) return;
  pieces_.push_back(piece);
  pieces_.back().first_chunk = chunks_;
  chunks_ += piece.bytes / chunk_bytes_ + (piece.bytes % chunk_bytes_ != 0 ? 1 : 0);
}

/// Requires one that has bytes.
const ChunkPlan::Piece& ChunkPlan::piece_of(std::uint32_t file) const {
  return *(std::ranges::upper_bound(pieces_, file, {}, &Piece::file) - 1);
}

RawChunk ChunkPlan::first_records(std::size_t max_record_bytes) {
  return read_sample(files_, max_record_bytes);
}

std::uint64_t ChunkPlan::total_bytes() const {
  return std::accumulate(files_.begin(), files_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const InputFile& file) { return sum + file.bytes; });
}

std::uint64_t ChunkPlan::chunk_of(const SelectedRecord& record) const {
  if (record.file >= files_.size() || record.offset >= files_[record.file].bytes)
    throw UsageError("record " + std::to_string(record.number) + " is not in the input any more (byte " +
                     std::to_string(record.offset) + "): give the input of the run in which it failed");
  return piece_of(record.file).first_chunk + record.offset / chunk_bytes_;
}

ChunkRange ChunkPlan::range(std::uint64_t id) const {
  INFER_ASSERT(id < chunks_);
  const auto& piece = *(std::ranges::upper_bound(pieces_, id, {}, &Piece::first_chunk) - 1);
  const auto begin = (id - piece.first_chunk) * chunk_bytes_;
  return {id, piece.file, begin, std::min(begin + chunk_bytes_, piece.bytes), piece.files};
}

std::string ChunkPlan::place(std::uint64_t id) const { return place_text(files_, range(id)); }

std::string place_text(std::span<const InputFile> files, const ChunkRange& range) {
  return files[range.file].path + " from byte " + std::to_string(range.begin);
}

}  // namespace infer
