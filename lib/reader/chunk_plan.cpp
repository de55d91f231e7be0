#include "reader/chunk_plan.hpp"

#include <algorithm>
#include <numeric>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "reader/input_fd.hpp"
#include "reader/sample.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kMinRows = 128;             // of short lines; where they are long,
constexpr std::uint64_t kMinRowsBytes = 32 * kKiB;  // so many as are in this,
constexpr std::uint64_t kMinLongRows = 16;          // but enough for a batch
constexpr std::uint64_t kChunksForSmallInputs = 64;
constexpr std::uint64_t kMinChunkBytes = 4 * kKiB;
constexpr std::uint64_t kMaxChunkBytes = 16 * kMiB;

/// Mean bytes per line of the file's first MiB.
std::uint64_t mean_line_bytes(const InputFile& file) {
  std::vector<char> sample(std::min(file.bytes, kSampleBytes));
  const auto fd = open_input(file.path);
  if (!fd) throw UsageError(errno_message("cannot open the input " + file.path));
  const auto got = read_fully(fd.get(), std::as_writable_bytes(std::span(sample)), 0, file.path);
  const auto lines = std::count(sample.begin(), sample.begin() + checked_cast<std::ptrdiff_t>(got), '\n');
  return std::max<std::uint64_t>(1, got / checked_cast<std::uint64_t>(std::max<std::ptrdiff_t>(1, lines)));
}

}  // namespace

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

std::uint64_t choose_chunk_bytes(const std::vector<InputFile>& files, std::uint64_t most_rows) {
  const auto sample = std::ranges::find_if(files, [](const InputFile& file) { return file.bytes > 0; });
  if (sample == files.end()) return kMaxChunkBytes;
  const auto row_bytes = mean_line_bytes(*sample);
  const auto total = ChunkPlan(files, kMaxChunkBytes).total_bytes();
  const auto least = std::clamp<std::uint64_t>(kMinRowsBytes / row_bytes, kMinLongRows, kMinRows);
  const auto rows = std::clamp(total / row_bytes / kChunksForSmallInputs, least, most_rows);
  return std::clamp(rows * row_bytes, kMinChunkBytes, kMaxChunkBytes);
}

}  // namespace infer
