// All that rank 0 knows of a run at its end, or so far: what a report is made of. Plain values; what follows
// from them is computed here, so that the report's forms, the metrics and the gates cannot differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "record/session.hpp"
#include "report/gates.hpp"
#include "report/throughput.hpp"

namespace infer {

/// What is known before the first row.
struct RunSubject {
  std::string version;  ///< of infer
  std::string command;  ///< as typed
  std::string model;
  std::string task;       ///< empty for the outputs as they are
  std::string signature;  ///< "x:float32:[64]"
  std::string input;      ///< the first file
  std::uint64_t files = 1;
  std::optional<std::uint64_t> input_bytes{};
  std::optional<std::uint64_t> chunks{};
  std::string output;
  std::string devices;  ///< of each rank: "cpu, 2 replicas of 1 thread each"
  std::string schedule;
  std::string gather;
  bool is_retry = false;  ///< of records that failed before: rows are those alone
  std::vector<std::pair<std::string, std::string>> facts{};  ///< of which the output is a function
};

enum class RunState { running, complete, stopped, failed };
/// "complete", ...
std::string run_state_name(RunState state);

struct RankAccount {
  std::string host;
  std::string device;
  std::uint64_t rows = 0;  ///< in this session, like all of it
  ChunkWork work;
  ChunkAccount account;
};

struct RunAccount {
  RunSubject subject;
  RunState state = RunState::running;
  int exit_code = 0;
  std::string reason{};       ///< why it is not complete, or why a complete one has exit code 1
  std::vector<Gate> gates{};  ///< of a complete run

  std::int64_t now_ns = 0;                              ///< since 1970
  std::uint64_t rows = 0;                               ///< written, by all sessions
  std::uint64_t failed = 0;                             ///< of these
  std::uint64_t input_bytes = 0;                        ///< of these
  std::uint64_t rows_before = 0;                        ///< of these: by earlier sessions
  std::vector<CodeFailures> failures{};                 ///< of all sessions that tell
  std::vector<Session> earlier{};                       ///< that tell: those of earlier versions do not
  Session session{};                                    ///< this one, its work the sum of the ranks'
  double total_seconds = 0;                             ///< since this process began
  std::vector<std::pair<std::string, double>> start{};  ///< seconds that each part of the start took
  double gather_seconds = 0;                            ///< on rank 0, in this session, like the next
  double write_seconds = 0;
  double journal_seconds = 0;
  std::uint64_t gathers = 0;
  std::uint64_t gpus = 0;
  std::vector<RankAccount> ranks{};
  Throughput throughput{};  ///< of this session
};

/// Of all sessions that tell.
Session all_sessions(const RunAccount& run);
/// Rows scored in these per second that they took; the gate's and the report's.
double rows_per_second(const RunAccount& run);
double tokens_per_second(const RunAccount& run);
/// Rows of earlier sessions that tell nothing of themselves.
std::uint64_t untold_rows(const RunAccount& run);
/// Busy time of the busiest rank's model stage ÷ the mean of all ranks; 1 at best.
double imbalance(const RunAccount& run);

/// A stage of a rank, or of all: how long its threads were busy, and how large a part of their time that is.
struct StageShare {
  std::string name;
  double seconds = 0;
  double share = 0;
};
std::vector<StageShare> stage_shares(const RankAccount& rank, double seconds);
/// Of all ranks, and what rank 0 alone does.
std::vector<StageShare> stage_shares(const RunAccount& run);

}  // namespace infer
