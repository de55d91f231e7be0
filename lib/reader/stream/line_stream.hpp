// Cuts a stream into pieces of whole records, by the rule by which files are cut: a piece owns every record
// whose first byte lies in its part of the input. A record is a line, unless the rules say that it has cells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "reader/stream/byte_stream.hpp"
#include "reader/stream/record_ends.hpp"

namespace infer {

/// The lines at [begin, end) of the input. Of one that is longer than a record may be, which is always the
/// last, only a part is there.
struct CutLines {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  RawBytes lines{};
};

/// Thread-compatible. All its functions throw what the stream does; what was read before stays.
class LineStream {
 public:
  /// `digest` gets all bytes as they leave. Keeps references to both.
  LineStream(ByteStream& stream, RecordRules rules, Digest& digest);

  /// A view of the first record, before anything has left: of cells the names of their columns. With its
  /// line's end; nothing of an empty stream. peek() takes it for no record.
  std::string_view header();

  /// Of the next line that leaves.
  std::uint64_t offset() const { return offset_; }

  /// The next lines whose first byte lies before `end`, which is behind offset(); nothing at the end of the
  /// stream. Fewer, but at least one, when the stream has given their rest by the time that `patience` is
  /// over since the first of them came.
  std::optional<CutLines> cut(std::uint64_t end, Seconds patience);

  /// The whole lines that are there.
  CutLines take_whole_lines();

  /// Leaves out that many bytes; returns of how many there were fewer only at the end.
  std::uint64_t skip(std::uint64_t bytes);

  /// A view of the next lines, those that begin in the first `piece` bytes, or in as many times that as it
  /// takes to have one that is not blank, up to `most`. Fewer when there is one and `patience` is over.
  std::string_view peek(std::size_t piece, std::size_t most, Seconds patience);
  /// A view of the whole lines that are there.
  std::string_view whole_lines() const;
  /// Whether the stream has ended behind what is there.
  bool has_end() const { return ended_; }

 private:
  bool read_towards(std::size_t size);
  bool read_all(std::size_t size, Seconds patience);
  std::optional<RecordsEnd> find_end(std::size_t size, Seconds patience);
  std::size_t whole_lines_bytes(std::size_t within) const;
  bool has_record(std::string_view text) const;
  CutLines take(std::size_t size);
  void drop_line(CutLines& cut);
  void drop(std::size_t size);
  bool is_due(Seconds patience) const { return Clock::now() - since_ >= patience; }

  ByteStream& stream_;
  RecordRules rules_;
  Digest& digest_;
  RawBytes buffer_;  // begins at offset_, which begins a line
  std::uint64_t offset_ = 0;
  std::size_t header_bytes_ = 0;
  Clock::time_point since_ = Clock::now();  // the first byte of the buffer came
  bool ended_ = false;
};

}  // namespace infer
