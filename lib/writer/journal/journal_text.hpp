// What a journal says, as lines of text: each a JSON object that carries its own checksum, so that a torn or
// damaged line is recognised. Pure; the file is journal.hpp's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/session.hpp"

namespace infer {

/// One thing that decides what the output looks like: "--top-k" = "3".
struct Fact {
  std::string name;
  std::string value;
  bool binding = true;  ///< false: a difference changes last digits at most

  bool operator==(const Fact&) const = default;
};

/// What the output is a function of. Written once, before the first row.
struct RunRecord {
  std::uint64_t chunk_bytes = 0;
  bool retry = false;    ///< --retry-errors: the rows come from an earlier output, but for those that failed
  bool replace = false;  ///< what has the files' names already gives way to them at the end
  std::vector<Fact> facts;
};

/// Bytes [begin, end) of a file and their digest.
struct Segment {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t digest = 0;

  bool operator==(const Segment&) const = default;
};

/// A point up to which everything is on disk.
struct Checkpoint {
  std::uint64_t chunks = 0;        ///< 0 ... chunks - 1 are written
  std::uint64_t rows = 0;          ///< records of these chunks
  std::uint64_t failed = 0;        ///< of these
  std::uint64_t input_bytes = 0;   ///< of these chunks
  std::uint32_t file = 0;          ///< of the last chunk
  std::uint64_t lines = 0;         ///< of that file, so far
  std::uint64_t source_bytes = 0;  ///< --retry-errors: how much of the earlier output was taken over
  std::uint64_t records = 0;       ///< of the whole input; 0: not known yet
  /// joined_digest() of these chunks' ranges, with --retry-errors of all chunks of the input; 0: not known.
  std::uint64_t input_digest = 0;
  std::uint64_t beyond_digest = 0;  ///< ChunkDigest::beyond of the last one
  bool complete = false;            ///< nothing is missing but the files' names
  std::string first_failure;
  std::vector<Segment> files;  ///< what was added to each file since the checkpoint before
  // For the report; journals of earlier versions have neither.
  std::vector<CodeFailures> failures{};  ///< of these rows
  std::vector<Session> sessions{};       ///< who scored them; the last one is under way

  bool operator==(const Checkpoint&) const = default;
};

/// Who writes the output, or wrote it last.
struct Owner {
  std::string host;
  std::int64_t pid = 0;
  std::string job;        ///< batch job id; may be empty
  bool has_left = false;  ///< it ended by itself

  bool operator==(const Owner&) const = default;
};

struct JournalText {
  std::optional<RunRecord> run;
  std::vector<Checkpoint> checkpoints;
  std::optional<Owner> owner;
  std::uint64_t valid_bytes = 0;  ///< what follows is torn or damaged
};

/// Each with its newline.
std::string journal_line(const RunRecord& run);
std::string journal_line(const Checkpoint& checkpoint);
std::string journal_line(const Owner& owner);

/// Whether these bytes can be of a journal, also one whose begin was lost in a power cut: nothing that is
/// anybody else's may be taken for one.
bool looks_like_journal(std::string_view bytes);

/// Takes any bytes; stops at the first line that is not whole.
JournalText parse_journal(std::string_view text);

}  // namespace infer
