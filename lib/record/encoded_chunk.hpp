// A chunk as text, ready to travel to rank 0 and to be written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "record/chunk_account.hpp"
#include "record/decoded_chunk.hpp"
#include "record/record_error.hpp"

namespace infer {

enum class Counter : std::uint8_t {
  line,  ///< physical lines of the file, written from 1
  row,   ///< records of the whole input, written from 0
};

/// A place in a text where a number must be inserted. Only rank 0 knows how many lines and rows the earlier
/// chunks had; a selection brings that with it.
struct Stamp {
  std::size_t position = 0;
  std::uint64_t number = 0;  ///< within the chunk, from 0
  Counter counter = Counter::line;
};

struct StampedText {
  std::string text;
  std::vector<Stamp> stamps;  ///< by rising position
};

/// Its records that failed for one reason.
struct FailedHere {
  RecordErrorCode code = RecordErrorCode::invalid_json;
  std::uint64_t rows = 0;
  std::vector<StampedText> first;  ///< "data.jsonl:12: ...", of the first few
};

struct EncodedChunk {
  std::uint32_t output_of_run = 0;  ///< which of the run's outputs gets it
  ChunkRange range;
  ChunkDigest digest;
  std::uint64_t lines = 0;
  std::optional<Counts> before{};  ///< as in RawChunk
  std::uint64_t rows = 0;
  std::uint64_t failed = 0;
  std::vector<std::uint64_t> failed_rows;  ///< which of `rows`, from 0
  StampedText output;                      ///< output rows, each with its '\n'
  bool is_packed = false;                  ///< `output` is as it stands in a packed file
  std::string keys{};                      ///< RowKey of each output row, where they are wanted
  StampedText errors;                      ///< rows of --errors FILE; empty when not asked for
  StampedText first_failure;               ///< "data.jsonl:12: ...", for messages; empty when nothing failed
  ChunkWork work;
  ChunkAccount account{};
  std::vector<FailedHere> failures{};  ///< one for each code that is there
};

/// One flat message; deserialize_chunk reads it back.
Bytes serialize_chunk(const EncodedChunk& chunk);
/// Reads one chunk; several may follow each other in one message.
EncodedChunk deserialize_chunk(ByteReader& message);

}  // namespace infer
