// What a run tells about itself while it is on. The library never prints: whoever starts a run passes an
// observer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/decoded_chunk.hpp"

namespace infer {

struct RunHeader {
  std::string output;
  int ranks = 1;
  int hosts = 1;
  std::string devices;    ///< of each rank: "cpu, 2 replicas of 1 thread each"
  std::string model;      ///< path and format
  std::string task;       ///< "classification"; empty for the outputs as they are
  std::string signature;  ///< "x:float32:[64]"
  std::string input;      ///< the first file
  std::uint64_t files = 1;
  std::optional<std::uint64_t> input_bytes{};  ///< empty: not known before its end, like `chunks`
  std::uint64_t pictures = 0;                  ///< that are input themselves, of which it has but the names
  std::optional<std::uint64_t> chunks{};
  std::string schedule;
  std::string gather;              ///< "mpi", "nccl"
  std::uint64_t resumed_rows = 0;  ///< done by an earlier run
};

struct RunProgress {
  double seconds = 0;  ///< since the first chunk was granted
  std::uint64_t rows = 0;
  std::uint64_t failed = 0;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> total_bytes{};  ///< empty: not known
  std::uint64_t resumed_rows = 0;              ///< of `rows`: done by an earlier run
  std::uint64_t resumed_bytes = 0;
  std::uint64_t tokens = 0;         ///< of texts, in this run
  std::vector<std::string> late{};  ///< "rank 2 (node7): model, 40 s"
};

/// Seconds from the start of the process to the end of each part of the start.
struct StartTimes {
  double libraries = 0;  ///< main began
  double session = 0;
  double plan = 0;
  double model = 0;
  double signature = 0;
  double first_row = 0;  ///< the first output row was written; 0 when there was none
};

struct RankReport {
  std::uint64_t rows = 0;
  ChunkWork work;
};

struct RunSummary {
  std::uint64_t rows = 0;          ///< of the whole output
  std::uint64_t resumed_rows = 0;  ///< of these: done by an earlier run
  std::uint64_t failed = 0;
  std::string first_failure;      ///< "data.jsonl:12: ..."; empty when nothing failed
  std::string too_many_failed{};  ///< why the exit code is 1; empty when it is not
  double seconds = 0;             ///< from the first grant to the committed output
  double total_seconds = 0;       ///< from the start of main
  double gather_seconds = 0;
  double write_seconds = 0;
  double journal_seconds = 0;
  std::uint64_t gathers = 0;
  std::size_t gpus = 0;          ///< of all ranks, like the next
  std::size_t pool_threads = 0;  ///< which decode and encode
  std::string output;
  bool is_one_of_several = false;  ///< of the run's outputs
  std::string trace{};             ///< the file, where one was written
  std::string report{};            ///< likewise
  StartTimes start;
  std::vector<RankReport> ranks;
};

/// Of all ranks.
inline ChunkWork total_work(const RunSummary& summary) {
  ChunkWork total;
  for (const auto& rank : summary.ranks) total += rank.work;
  return total;
}

/// Called on rank 0's main thread; warning() on every rank.
class RunObserver {
 public:
  RunObserver() = default;
  RunObserver(const RunObserver&) = delete;
  RunObserver& operator=(const RunObserver&) = delete;
  virtual ~RunObserver() = default;

  /// Of each output; what the run is about is the same in all.
  virtual void started(const std::vector<RunHeader>& headers) = 0;
  /// Asked often, so that nobody counts what is not shown.
  virtual bool wants_progress() { return true; }
  virtual void progressed(const RunProgress& progress) = 0;
  virtual void finished(const RunSummary& summary) = 0;
  /// Something about the run as a whole that must be seen.
  virtual void notice(const std::string& text) = 0;
  virtual void warning(int rank, const std::string& text) = 0;
};

}  // namespace infer
