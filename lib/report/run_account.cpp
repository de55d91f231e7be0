#include "report/run_account.hpp"

#include <algorithm>

#include "base/clock.hpp"

namespace infer {
namespace {

double rate(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

/// Clocks of several threads are read one after the other: never more than all of it.
StageShare stage(std::string name, std::uint64_t busy_ns, std::uint64_t threads, double seconds) {
  const auto busy = seconds_of(busy_ns);
  const auto time = static_cast<double>(threads) * seconds;
  return {std::move(name), busy, time > 0 ? std::min(1.0, busy / time) : 0};
}

std::vector<StageShare> shares(const ChunkWork& work, std::uint64_t readers, std::uint64_t runners,
                               std::uint64_t pool_threads, std::uint64_t gpus, double seconds) {
  std::vector<StageShare> all{stage("read", work.read_ns, readers, seconds),
                              stage("decode", work.decode_ns, pool_threads, seconds),
                              stage("model", work.model_ns, runners, seconds),
                              stage("encode", work.encode_ns, pool_threads, seconds)};
  if (gpus > 0) all.push_back(stage("GPU", work.device_ns, gpus, seconds));
  return all;
}

void add_own(std::vector<StageShare>& all, std::string name, double busy, double seconds) {
  all.push_back({std::move(name), busy, seconds > 0 ? std::min(1.0, busy / seconds) : 0});
}

}  // namespace

std::string run_state_name(RunState state) {
  switch (state) {
    case RunState::running: return "running";
    case RunState::complete: return "complete";
    case RunState::stopped: return "stopped";
    case RunState::failed: return "failed";
  }
  return "unknown";
}

Session all_sessions(const RunAccount& run) {
  auto all = run.session;
  for (const auto& session : run.earlier) all += session;
  return all;
}

double rows_per_second(const RunAccount& run) {
  const auto all = all_sessions(run);
  return rate(all.rows, all.seconds);
}

double tokens_per_second(const RunAccount& run) {
  const auto all = all_sessions(run);
  return rate(all.work.tokens, all.seconds);
}

std::uint64_t untold_rows(const RunAccount& run) {
  std::uint64_t told = 0;
  for (const auto& session : run.earlier) told += session.rows;
  return run.rows_before - std::min(told, run.rows_before);
}

double imbalance(const RunAccount& run) {
  double most = 0;
  double sum = 0;
  for (const auto& rank : run.ranks) {
    most = std::max(most, seconds_of(rank.work.model_ns));
    sum += seconds_of(rank.work.model_ns);
  }
  return sum > 0 ? most * static_cast<double>(run.ranks.size()) / sum : 1;
}

std::vector<StageShare> stage_shares(const RankAccount& rank, double seconds) {
  const std::uint64_t gpus = rank.work.device_ns > 0 ? 1 : 0;
  return shares(rank.work, 1, rank.account.runners, rank.account.pool_threads, gpus, seconds);
}

std::vector<StageShare> stage_shares(const RunAccount& run) {
  std::uint64_t runners = 0;
  std::uint64_t pool_threads = 0;
  for (const auto& rank : run.ranks) {
    runners += rank.account.runners;
    pool_threads += rank.account.pool_threads;
  }
  const auto seconds = run.session.seconds;
  auto all = shares(run.session.work, run.ranks.size(), runners, pool_threads, run.gpus, seconds);
  add_own(all, "gather", run.gather_seconds, seconds);
  add_own(all, "write", run.write_seconds, seconds);
  add_own(all, "journal", run.journal_seconds, seconds);
  return all;
}

}  // namespace infer
