#include "reader/chunk_plan.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.hpp"
#include "reader/sample.hpp"
#include "reader/tables/table_rows.hpp"

namespace infer {
ChunkPlan::ChunkPlan(std::vector<InputFile> files, std::uint64_t chunk_bytes)
    : files_(std::move(files)), chunk_bytes_(chunk_bytes) {
  INFER_ASSERT(chunk_bytes_ > 0);
  Piece piece;
  for (std::uint32_t file = 0; file < files_.size(); ++file) {
    if (!files_[file].frames.empty()) {
      add(std::exchange(piece, {}));
      add_frames(file);
      continue;
    }
    const auto bytes = files_[file].content_bytes();
    const bool fits = piece.bytes <= chunk_bytes_ && bytes <= chunk_bytes_ - piece.bytes;
    if (!fits) add(piece);
    if (!fits || piece.bytes == 0) piece = {file, 0, 0, 0, 0, chunk_bytes_};
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
  chunks_ += piece.bytes / piece.step + (piece.bytes % piece.step != 0 ? 1 : 0);
}

/// A chunk begins with the second byte of a frame: whether a line begins there the first one tells, and no
/// frame is unpacked for its last byte.
void ChunkPlan::add_frames(std::uint32_t file) {
  const auto& frames = files_[file].frames;
  for (std::size_t first = 0; first + 1 < frames.size();) {
    auto behind = first + 1;
    while (behind + 1 < frames.size() && frames[behind + 1].unpacked - frames[first].unpacked <= chunk_bytes_)
      ++behind;
    const auto begin = first == 0 ? 0 : frames[first].unpacked + 1;
    const auto end = frames[behind].unpacked + (behind + 1 < frames.size() ? 1 : 0);
    add({file, 1, 0, begin, end - begin, end - begin});
    first = behind;
  }
}

RawChunk ChunkPlan::first_records(std::size_t max_record_bytes) {
  return read_sample(files_, max_record_bytes);
}

std::uint64_t ChunkPlan::total_bytes() const {
  return std::accumulate(files_.begin(), files_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const InputFile& file) { return sum + file.content_bytes(); });
}

std::uint64_t ChunkPlan::chunk_of(const SelectedRecord& record) const {
  if (record.file >= files_.size() || record.offset >= files_[record.file].content_bytes())
    throw UsageError("record " + std::to_string(record.number) + " is not in the input any more (byte " +
                     std::to_string(record.offset) + "): give the input of the run in which it failed");
  const auto place = std::pair(record.file, record.offset);
  const auto& piece =
      *(std::ranges::upper_bound(pieces_, place, {},
                                 [](const Piece& each) { return std::pair(each.file, each.begin); }) -
        1);
  return piece.first_chunk + (piece.files > 1 ? 0 : (record.offset - piece.begin) / piece.step);
}

ChunkRange ChunkPlan::range(std::uint64_t id) const {
  INFER_ASSERT(id < chunks_);
  const auto& piece = *(std::ranges::upper_bound(pieces_, id, {}, &Piece::first_chunk) - 1);
  const auto before = (id - piece.first_chunk) * piece.step;
  return {id, piece.file, piece.begin + before, piece.begin + std::min(before + piece.step, piece.bytes),
          piece.files};
}

std::string ChunkPlan::place(std::uint64_t id) const { return place_text(files_, range(id)); }

std::string place_text(std::span<const InputFile> files, const ChunkRange& range) {
  const auto& file = files[range.file];
  if (file.is_table())
    return file.path + " from row " + std::to_string(first_row_from(file, range.begin) + 1);
  return file.path + " from byte " + std::to_string(range.begin);
}

}  // namespace infer
