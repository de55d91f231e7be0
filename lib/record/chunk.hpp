// A piece of the input, from its byte range to its text: what the reader makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "record/plain_column.hpp"

namespace infer {

/// Owns every line of file `file` whose first byte lies in [begin, end), or every line of several whole
/// files: then the range is all their bytes. Ids count from 0 in input order, across files. Cut from the
/// input alone, so the same for any number of ranks. Of an input that is no file, the lines at [begin, end).
struct ChunkRange {
  std::uint64_t id = 0;
  std::uint32_t file = 0;  ///< index into the run's list of inputs
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint32_t files = 1;  ///< from `file` on
};

/// Of the input before something in it.
struct Counts {
  std::uint64_t lines = 0;  ///< of its file
  std::uint64_t rows = 0;   ///< of the whole input

  bool operator==(const Counts&) const = default;
};

/// One line that is a record; its text is `size` bytes at `begin` of the chunk's buffer.
struct RawRecord {
  std::size_t begin = 0;
  std::size_t size = 0;
  std::uint64_t line = 0;    ///< physical line within the chunk, from 0; where that begins a file: within it
  std::uint64_t offset = 0;  ///< of the first byte in the file
  bool too_long = false;     ///< longer than --max-record-bytes; then only a part of the text may be there
  std::uint64_t number = 0;  ///< record within the chunk, from 0
  std::uint32_t file = 0;
  bool is_refused = false;    ///< it is no record of its format; its text says why
  bool only_carried = false;  ///< its text is an object of the copied fields alone, just as they are copied
};

/// Readable bytes behind the last record, as simdjson wants them.
constexpr std::size_t kTailPadding = 64;

/// What was read for a chunk, for telling later whether a file is still the same.
struct ChunkDigest {
  std::uint64_t range = 0;   ///< of the range's bytes
  std::uint64_t beyond = 0;  ///< of its last line's bytes behind it; 0: none
  bool is_of_all = false;    ///< `range` is of all the input up to the range's end, however that was cut

  bool operator==(const ChunkDigest&) const = default;
};

/// Of all the input up to a chunk's end, from that up to its begin.
inline std::uint64_t digest_with(std::uint64_t earlier, const ChunkDigest& next) {
  return next.is_of_all ? next.range : joined_digest(earlier, next.range);
}

struct RawChunk {
  ChunkRange range;
  ChunkDigest digest;
  RawBytes buffer;                 ///< ends with kTailPadding bytes that belong to no record
  std::vector<RawRecord> records;  ///< blank lines are left out
  std::vector<PlainColumn> plain;  ///< of tables: fields of the records that are not in their text
  std::uint64_t lines = 0;         ///< physical lines of the last file, blank ones included
  std::optional<Counts> before;    ///< the first selected record, which then has line and number 0
  std::uint64_t read_ns = 0;
  bool has_cells =
      false;  ///< values of records are cells of a table: which are numbers was told by their looks

  std::string_view text(const RawRecord& record) const {
    return {reinterpret_cast<const char*>(buffer.data()) + record.begin, record.size};
  }
};

}  // namespace infer
