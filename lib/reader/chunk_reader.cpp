#include "reader/chunk_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "reader/chunk_records.hpp"
#include "reader/csv/csv_lines.hpp"
#include "reader/tables/table_rows.hpp"

namespace infer {
namespace {

constexpr std::size_t kMostRecordBytes = std::size_t{1} << 40U;  // far beyond any memory; sums stay small
constexpr std::uint64_t kLookBeyondBytes = 64 * 1024;

std::string_view view(const RawBytes& bytes, std::size_t begin, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes.data()) + begin, size};
}

/// All lines of a chunk that was granted with them.
void take_lines(RawChunk& chunk, GrantedChunk& granted, std::size_t max_record_bytes) {
  chunk.buffer = *std::move(granted.payload);
  chunk.digest = granted.digest
                     ? *granted.digest
                     : ChunkDigest{digest_of(view(chunk.buffer, 0, chunk.buffer.size())), 0, false};
  if (granted.csv) return make_json_lines(chunk, *granted.csv, max_record_bytes);
  split_lines(chunk, 0, chunk.range.file, chunk.range.begin, max_record_bytes);
}

}  // namespace

/// A stretch of the file in memory: bytes[0] is at offset `begin`.
struct ChunkReader::Window {
  std::uint64_t begin = 0;
  RawBytes bytes;

  std::uint64_t end() const { return begin + bytes.size(); }
};

ChunkReader::ChunkReader(std::span<const InputFile> files, std::size_t max_record_bytes, Columns columns)
    : files_(files),
      max_record_bytes_(std::min(max_record_bytes, kMostRecordBytes)),
      columns_(std::move(columns)) {}

void ChunkReader::open(std::uint32_t file) {
  if (open_file_ == file) return;
  const auto& path = files_[file].path;
  open_file_.reset();
  table_.reset();
  if (files_[file].is_table()) {
    table_.emplace(files_[file], columns_);
    open_file_ = file;
    return;
  }
  if (!content_.open(files_[file])) {
    const bool taken_away = errno != EMFILE && errno != ENFILE && errno != ENOMEM;
    throw RunError(errno_message("cannot open the input " + path + " any more") +
                   (taken_away ? "; leave the input alone until the run is over, and run again" : ""));
  }
  open_file_ = file;
}

void ChunkReader::extend(Window& window, std::uint64_t end) {
  const auto& file = files_[*open_file_];
  const auto have = window.bytes.size();
  const auto want = std::min(end, file.content_bytes()) - window.begin;
  if (want <= have) return;
  window.bytes.resize(want);
  const auto got = content_.read(std::span(window.bytes).subspan(have), window.end() - (want - have));
  check_unchanged(content_.fd(), file);
  if (got < want - have) {
    throw RunError("the input " + file.path + " ends at byte " + std::to_string(window.begin + have + got) +
                   ", but its size is " + std::to_string(file.content_bytes()) +
                   "; it or its file system is damaged");
  }
}

/// Index in the window of the first line that starts inside the range; the window's size when there is none.
std::size_t ChunkReader::first_line_start(Window& window, const ChunkRange& range) {
  if (range.begin == 0) return 0;
  return std::min(find_newline(window.bytes, 0) + 1, window.bytes.size());
}

/// Reads on until the line at `last_line` ends, or until it is longer than a record may be: its rest is not
/// needed then.
void ChunkReader::complete_last_line(Window& window, std::size_t last_line) {
  const auto file_end = files_[*open_file_].content_bytes();
  const auto enough = last_line + kByteOrderMark.size() + max_record_bytes_ + std::string_view("\r\n").size();
  auto step = kLookBeyondBytes;
  auto searched = last_line;
  for (;;) {
    const auto newline = find_newline(window.bytes, searched);
    if (newline < window.bytes.size()) {
      window.bytes.resize(newline + 1);
      return;
    }
    if (window.bytes.size() > enough || window.end() == file_end) return;
    searched = window.bytes.size();
    extend(window, window.end() + step);
    step *= 2;
  }
}

RawChunk ChunkReader::read(GrantedChunk granted) {
  const Stopwatch watch;
  RawChunk chunk;
  chunk.range = granted.range;
  if (granted.payload) {
    take_lines(chunk, granted, max_record_bytes_);
  } else if (chunk.range.files > 1) {
    read_files(chunk);
  } else if (files_[chunk.range.file].is_table()) {
    read_rows(chunk, granted.selection.runs.empty());
  } else {
    read_part(chunk);
  }
  if (!granted.selection.runs.empty())
    keep_selected(chunk, granted.selection, files_[granted.range.file].path);
  chunk.buffer.resize(chunk.buffer.size() + kTailPadding, std::byte{' '});
  chunk.read_ns = watch.elapsed_ns();
  return chunk;
}

/// One after the other; the last line of each ends with its file.
void ChunkReader::read_files(RawChunk& chunk) {
  for (auto file = chunk.range.file; file < chunk.range.file + chunk.range.files; ++file) {
    if (files_[file].is_table()) {
      append_rows(chunk, file, 0, row_count(files_[file]), false);
      continue;
    }
    open(file);
    Window window;
    extend(window, files_[file].content_bytes());
    const auto from = chunk.buffer.size();
    chunk.buffer.insert(chunk.buffer.end(), window.bytes.begin(), window.bytes.end());
    split_lines(chunk, from, file, 0, max_record_bytes_);
  }
  chunk.digest.range = digest_of(view(chunk.buffer, 0, chunk.buffer.size()));
}

void ChunkReader::append_rows(RawChunk& chunk, std::uint32_t file, std::uint64_t begin, std::uint64_t end,
                              bool apart) {
  open(file);
  auto rows = table_->read(begin, end, max_record_bytes_, apart);
  const auto from = chunk.buffer.size();
  if (apart) chunk.buffer.reserve(rows.lines.size() + kTailPadding);
  chunk.buffer.resize(from + rows.lines.size());
  if (!rows.lines.empty()) std::memcpy(chunk.buffer.data() + from, rows.lines.data(), rows.lines.size());
  split_rows(chunk, from, file, begin, files_[file], max_record_bytes_, rows);
  chunk.plain = std::move(rows.plain);
}

/// Those that begin in the range; plain values apart only where that is said.
void ChunkReader::read_rows(RawChunk& chunk, bool apart) {
  const auto& range = chunk.range;
  const auto& file = files_[range.file];
  append_rows(chunk, range.file, first_row_from(file, range.begin), first_row_from(file, range.end), apart);
  Digest digest;
  digest.add(view(chunk.buffer, 0, chunk.buffer.size()));
  for (const auto& column : chunk.plain) {
    digest.add(view(column.values, 0, column.values.size()));
    const auto ends = std::as_bytes(std::span(column.ends));
    digest.add({reinterpret_cast<const char*>(ends.data()), ends.size()});
  }
  chunk.digest.range = digest.value();
}

void ChunkReader::read_part(RawChunk& chunk) {
  const auto& range = chunk.range;
  open(range.file);
  Window window{range.begin == 0 ? 0 : range.begin - 1, {}};
  extend(window, range.end);
  const auto start = first_line_start(window, range);
  const auto behind = range.end - window.begin;
  chunk.digest.range = digest_of(view(window.bytes, range.begin - window.begin, range.end - range.begin));
  if (start >= window.bytes.size()) return;
  const auto head =
      view(window.bytes, 0, window.bytes.size() - 1);  // a newline at the very end opens no line here
  const auto before_last = head.rfind('\n');
  const auto last_line = before_last == std::string_view::npos ? start : std::max(start, before_last + 1);
  complete_last_line(window, last_line);
  if (const auto read = window.bytes.size(); read > behind)
    chunk.digest.beyond = digest_of(view(window.bytes, behind, read - behind));
  chunk.buffer = std::move(window.bytes);
  split_lines(chunk, start, range.file, window.begin + start, max_record_bytes_);
}

}  // namespace infer
