// How far a writer is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "record/session.hpp"

namespace infer {

/// What is written so far.
struct WriterProgress {
  std::uint64_t next_chunk = 0;     ///< the oldest chunk not written
  std::uint64_t kept_chunks = 0;    ///< of these the first, in files where nothing of them is missing
  std::uint64_t kept_rows = 0;      ///< scored, of these
  std::uint64_t waiting_bytes = 0;  ///< handed over, but not written
  std::uint64_t rows = 0;           ///< scored
  std::uint64_t records = 0;        ///< of the whole input, once committed
  std::uint64_t failed = 0;
  std::uint64_t input_bytes = 0;  ///< end of the written chunks' ranges, over all files
  std::uint64_t write_ns = 0;
  std::uint64_t journal_ns = 0;
  std::string first_failure;  ///< "data.jsonl:12: ..."
  std::optional<Clock::time_point> first_row;
  std::optional<Clock::time_point> busy_since;  ///< of the write, sync or commit under way
  bool committed = false;                       ///< all is written, synced and under its own name
};

/// What the rows written so far tell besides.
struct WrittenAccount {
  std::vector<CodeFailures> failures;
  std::vector<Session> sessions;  ///< as Checkpoint has them, but for the last one's seconds
};

}  // namespace infer
