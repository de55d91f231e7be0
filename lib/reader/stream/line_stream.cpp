#include "reader/stream/line_stream.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "record/chunk.hpp"

namespace infer {
namespace {

constexpr std::size_t kBeyondBytes = std::size_t{16} << 10U;     ///< read at first for the end of a last line
constexpr std::size_t kMostBeyondBytes = std::size_t{1} << 20U;  ///< at a time
constexpr std::size_t kMostAtOnce = std::size_t{64} << 20U;      ///< of memory, before bytes have come
constexpr std::size_t kMostRecordBytes = std::size_t{1} << 40U;  ///< as ChunkReader has it
constexpr std::string_view kBlanks = " \t\r\n";

std::string_view view(const RawBytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

LineStream::LineStream(ByteStream& stream, RecordRules rules, Digest& digest)
    : stream_(stream), rules_(rules), digest_(digest) {
  rules_.max_record_bytes = std::min(rules_.max_record_bytes, kMostRecordBytes);
}

/// Reads once, until at most `size` bytes are there. False when nothing came.
bool LineStream::read_towards(std::size_t size) {
  const auto have = buffer_.size();
  buffer_.resize(std::min(size, std::max(kMostAtOnce, 2 * have)));
  StreamRead got;
  try {
    got = stream_.read(std::span(buffer_).subspan(have));
  } catch (...) {
    buffer_.resize(have);
    throw;
  }
  buffer_.resize(have + got.bytes);
  ended_ = got.at_end;
  if (have == 0) since_ = Clock::now();
  return got.bytes > 0 || ended_;
}

/// Until so many bytes are there, or the end; false when `patience` was over before.
bool LineStream::read_all(std::size_t size, Seconds patience) {
  while (buffer_.size() < size && !ended_) {
    read_towards(size);
    if (buffer_.size() < size && !ended_ && is_due(patience)) return false;
  }
  return true;
}

/// The size of the whole lines within the first so many bytes.
std::size_t LineStream::whole_lines_bytes(std::size_t within) const {
  return whole_records_bytes(view(buffer_), within, rules_, offset_ == 0);
}

/// Where the lines end that begin in the first `size` bytes, which are there; empty when `patience` was over
/// before the last one was whole.
std::optional<RecordsEnd> LineStream::find_end(std::size_t size, Seconds patience) {
  RecordEndSearch search(rules_, size, offset_ == 0);
  const bool goes_back = rules_.separator.has_value();  // to the begin of a record: in few steps, then
  for (auto step = kBeyondBytes;;) {
    if (const auto end = search.find(view(buffer_), ended_)) return end;
    if (!read_all(buffer_.size() + step, patience)) return std::nullopt;
    step = goes_back ? 2 * step : std::min(2 * step, kMostBeyondBytes);
  }
}

std::string_view LineStream::header() {
  for (std::optional<RecordsEnd> end; !end;) {
    end = find_end(1, Seconds(0));
    header_bytes_ = end ? end->size : 0;
  }
  return view(buffer_).substr(0, header_bytes_);
}

std::optional<CutLines> LineStream::cut(std::uint64_t end, Seconds patience) {
  const auto size = static_cast<std::size_t>(end - offset_);
  buffer_.reserve(std::min(size, kMostAtOnce) + kBeyondBytes + kTailPadding);
  for (;;) {
    const auto found = read_all(size, patience) ? find_end(size, patience) : std::nullopt;
    if (found) {
      if (found->size == 0) return std::nullopt;
      auto lines = take(found->size);
      if (found->is_cut_off) drop_line(lines);
      return lines;
    }
    if (const auto whole = whole_lines_bytes(std::min(size, buffer_.size())); whole > 0) return take(whole);
    since_ = Clock::now();
  }
}

std::string_view LineStream::whole_lines() const {
  return view(buffer_).substr(0, whole_lines_bytes(buffer_.size()));
}

CutLines LineStream::take_whole_lines() { return take(whole_lines_bytes(buffer_.size())); }

CutLines LineStream::take(std::size_t size) {
  CutLines cut{offset_, offset_ + size, {}};
  RawBytes rest(buffer_.begin() + static_cast<std::ptrdiff_t>(size), buffer_.end());
  buffer_.resize(size);
  cut.lines = std::exchange(buffer_, std::move(rest));
  digest_.add(view(cut.lines));
  offset_ = cut.end;
  since_ = Clock::now();
  return cut;
}

void LineStream::drop(std::size_t size) {
  digest_.add(view(buffer_).substr(0, size));
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(size));
  offset_ += size;
}

/// The rest of the line at the end of `cut`.
void LineStream::drop_line(CutLines& cut) {
  for (bool is_over = false; !is_over;) {
    if (buffer_.empty()) {
      if (ended_) break;
      read_towards(kMostBeyondBytes);
    }
    const auto newline = view(buffer_).find('\n');
    is_over = newline != std::string_view::npos;
    drop(is_over ? newline + 1 : buffer_.size());
  }
  cut.end = offset_;
}

std::uint64_t LineStream::skip(std::uint64_t bytes) {
  std::uint64_t done = 0;
  while (done < bytes) {
    if (buffer_.empty()) {
      if (ended_) break;
      read_towards(static_cast<std::size_t>(std::min<std::uint64_t>(bytes - done, kMostBeyondBytes)));
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), bytes - done));
    drop(size);
    done += size;
  }
  return done;
}

/// In the begin of the buffer, before anything has left.
bool LineStream::has_record(std::string_view text) const {
  return text.find_first_not_of(kBlanks, header_bytes_) != std::string_view::npos;
}

std::string_view LineStream::peek(std::size_t piece, std::size_t most, Seconds patience) {
  for (auto size = piece;;) {
    const bool is_full = read_all(size, patience);
    if (is_full && !has_record(view(buffer_).substr(0, size)) && !ended_ && size < most) {
      size += piece;
      continue;
    }
    if (const auto found = is_full ? find_end(size, patience) : std::nullopt)
      return view(buffer_).substr(0, found->size);
    if (has_record(whole_lines())) return whole_lines();
  }
}

}  // namespace infer
