#include "writer/parts/part_file.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.hpp"
#include "keys/keys_path.hpp"
#include "record/row_key.hpp"
#include "writer/formed_file.hpp"
#include "writer/keys_target.hpp"
#include "writer/read_again.hpp"
#include "writer/stamped.hpp"
#include "writer/written_chunks.hpp"

namespace infer {

/// Neither lacks a number nor is to be packed once it has it.
bool PartFile::Piece::stays(const OutputForm& form) const {
  const bool waits_for_packing = form.pack && !chunk.is_packed && bytes > 0;
  return chunk.output.stamps.empty() && !waits_for_packing;
}

PartFile::PartFile(std::string path, const OutputForm& form) : path_(std::move(path)), form_(form) {
  try {
    begin();
  } catch (const UsageError& error) {
    throw RunError(error.what());
  }
}

void PartFile::begin() {
  file_.emplace(path_);
  begin_rows(*file_, form_);
  bytes_ = form_.header_text(0).size();
}

void PartFile::write(std::string_view text) {
  file_->write(text);
  bytes_ += text.size();
}

EncodedChunk PartFile::add(EncodedChunk chunk) {
  auto rows = std::move(chunk.output);  // which frees their memory: an empty text may keep its own
  Piece piece;
  piece.begin = bytes_;
  piece.bytes = rows.text.size();
  write(rows.text);
  piece.chunk.range = chunk.range;
  piece.chunk.lines = chunk.lines;
  piece.chunk.before = chunk.before;
  piece.chunk.rows = chunk.rows;
  piece.chunk.failed = chunk.failed;
  piece.chunk.is_packed = chunk.is_packed;
  piece.chunk.output.stamps = std::move(rows.stamps);
  piece.chunk.keys = std::exchange(chunk.keys, {});
  pieces_.push_back(std::move(piece));
  chunk.output = {};
  return chunk;
}

std::uint64_t PartFile::rows() const {
  return std::accumulate(pieces_.begin(), pieces_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Piece& piece) { return sum + piece.chunk.rows; });
}

/// The numbers make rows longer, so all of the part goes to a second file under the same name.
void PartFile::rewrite(const PartOrder& order) {
  const auto raw_path = file_->path().written;
  const auto raw = open_again(raw_path);
  begin();
  Checkpoint before;
  before.file = order.file;
  before.lines = order.before.lines;
  before.rows = order.before.rows;
  WrittenChunks counted(before, std::nullopt);
  for (auto& piece : pieces_) {
    const auto end = piece.begin + piece.bytes;
    const auto begin = bytes_;
    if (piece.stays(form_)) {
      read_again(raw, raw_path, piece.begin, end, [this](std::string_view text) { write(text); });
    } else {
      auto text = std::move(piece.chunk.output);
      read_again(raw, raw_path, piece.begin, end, [&](std::string_view some) { text.text += some; });
      write(form_.packed(stamped(text, counted.before(piece.chunk))));
    }
    counted.add(piece.chunk);
    piece.begin = begin;
    piece.bytes = bytes_ - begin;
  }
}

/// Of what is on disk.
void PartFile::write_keys(std::uint64_t output_bytes) const {
  const auto part = open_again(path_);
  KeysTarget keys(keys_path(path_), *form_.keys, {});
  std::uint64_t rows = 0;
  for (const auto& piece : pieces_) {
    if (piece.chunk.keys.empty()) continue;
    std::string text;
    const auto end = piece.begin + piece.bytes;
    read_again(part, path_, piece.begin, end, [&](std::string_view some) { text += some; });
    keys.add(piece.chunk.keys, text, end);
    rows += piece.chunk.keys.size() / sizeof(RowKey);
  }
  keys.finish(rows, output_bytes);
  keys.file().sync();
  keys.file().commit(Existing::is_replaced);
}

FinishedPart PartFile::finish(const PartOrder& order) {
  INFER_ASSERT(order.chunks == pieces_.size());
  if (!std::ranges::all_of(pieces_, [this](const Piece& piece) { return piece.stays(form_); }))
    rewrite(order);
  const auto finished = finish_rows(*file_, form_, rows());
  if (form_.keys) write_keys(finished.bytes);
  return {order.part, finished.bytes, finished.digest};
}

}  // namespace infer
