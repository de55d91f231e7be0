// One process group's share of a run: a run that was resumed has several. The journal keeps them for the
// report.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "record/chunk_account.hpp"
#include "record/decoded_chunk.hpp"

namespace infer {

/// Which has nothing but numbers of 64 bits.
inline bool operator==(const ChunkWork& one, const ChunkWork& other) {
  using Numbers = std::array<std::uint64_t, sizeof(ChunkWork) / sizeof(std::uint64_t)>;
  return std::bit_cast<Numbers>(one) == std::bit_cast<Numbers>(other);
}

struct Session {
  std::int64_t began_ns = 0;  ///< since 1970
  double seconds = 0;         ///< from the first grant on
  std::uint64_t ranks = 0;
  std::uint64_t rows = 0;  ///< that it scored, and that are in the output
  std::uint64_t failed = 0;
  ChunkWork work;
  ChunkAccount account;

  /// Of both: from when the first began, on as many ranks as one of them had.
  Session& operator+=(const Session& other) {
    began_ns = std::min(began_ns, other.began_ns);
    seconds += other.seconds;
    ranks = std::max(ranks, other.ranks);
    rows += other.rows;
    failed += other.failed;
    work += other.work;
    account += other.account;
    return *this;
  }
  bool operator==(const Session&) const = default;
};

/// Records that failed for one reason.
struct CodeFailures {
  std::string code;  ///< error_code_name()
  std::uint64_t rows = 0;
  std::vector<std::string> first;  ///< "data.jsonl:12: field "text" is missing", the first few

  bool operator==(const CodeFailures&) const = default;
};

constexpr std::size_t kFirstFailures = 3;  ///< of each code that are told

}  // namespace infer
