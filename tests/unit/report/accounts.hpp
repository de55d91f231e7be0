// Accounts of runs, for tests.
#pragma once

#include <string>

#include "report/run_account.hpp"

namespace infer::test {

constexpr std::uint64_t kSecond = 1'000'000'000;

/// Of a rank that was busy for half of its time, on two runners and two pool threads.
inline RankAccount rank_account(std::uint64_t rows, double seconds) {
  RankAccount rank{"node", "cpu", rows, {}, {}};
  const auto busy = static_cast<std::uint64_t>(seconds * static_cast<double>(kSecond));
  rank.work.read_ns = busy / 4;
  rank.work.decode_ns = rank.work.encode_ns = busy / 2;
  rank.work.model_ns = busy;
  rank.work.tokens = 10 * rows;
  rank.work.batches = rows / 10;
  rank.work.elements = 8 * rows;
  rank.work.padded_elements = 9 * rows;
  rank.work.shapes = 2;
  rank.account.runners = rank.account.pool_threads = 2;
  rank.account.host_peak_bytes = std::uint64_t{300} << 20U;
  rank.account.lengths.add(10, rows);
  rank.account.batch_rows.add(10, rows / 10);
  rank.account.batch_lengths.add(11, rows / 10);
  return rank;
}

/// Complete, in one session of `seconds`, with 100 rows on each rank.
inline RunAccount run_account(std::size_t ranks, double seconds = 10) {
  RunAccount run;
  run.subject.version = "1.2";
  run.subject.output = "out.jsonl";
  run.subject.model = "m.pt (TorchScript)";
  run.subject.facts = {{"--model", "m.pt"}, {"LibTorch", "2.15.0"}};
  run.state = RunState::complete;
  run.now_ns = std::int64_t{1'800'000'000} * static_cast<std::int64_t>(kSecond);
  run.session.began_ns = run.now_ns - static_cast<std::int64_t>(seconds * 1e9);
  run.session.seconds = seconds;
  run.session.ranks = ranks;
  run.total_seconds = seconds + 1;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    run.ranks.push_back(rank_account(100, seconds));
    run.session.work += run.ranks.back().work;
    run.session.account += run.ranks.back().account;
  }
  run.rows = run.session.rows = 100 * ranks;
  run.throughput.add(seconds / 2, run.rows, 10 * run.rows);
  return run;
}

}  // namespace infer::test
