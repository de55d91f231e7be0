#include "report/run_account.hpp"

#include <catch2/catch.hpp>

#include "unit/report/accounts.hpp"

using namespace infer;
using infer::test::run_account;

TEST_CASE("run account: sizes fall into bins that begin where the one before ends") {
  CHECK(SizeCounts::bin(0) == 0);
  for (std::size_t bin = 0; bin + 1 < SizeCounts::kBins; ++bin) {
    CHECK(SizeCounts::bin(SizeCounts::begin(bin)) == bin);
    CHECK(SizeCounts::bin(SizeCounts::begin(bin + 1) - 1) == bin);
  }
  CHECK(SizeCounts::bin(UINT64_MAX) == SizeCounts::kBins - 1);
}

TEST_CASE("run account: without an earlier session all is this one's") {
  const auto run = run_account(4);
  CHECK(all_sessions(run) == run.session);
  CHECK(rows_per_second(run) == 40);
  CHECK(tokens_per_second(run) == 400);
  CHECK(untold_rows(run) == 0);
  CHECK(imbalance(run) == 1);
}

TEST_CASE("run account: a resumed run's rates are of all its sessions") {
  auto run = run_account(2, 10);
  run.rows_before = 500;
  run.rows += 500;
  run.earlier = {{1, 30, 8, 400, 3, {}, {}}};
  run.earlier[0].work.tokens = 4000;
  CHECK(all_sessions(run).began_ns == 1);
  CHECK(all_sessions(run).ranks == 8);
  CHECK(rows_per_second(run) == 600.0 / 40);
  CHECK(tokens_per_second(run) == 6000.0 / 40);
  CHECK(untold_rows(run) == 100);
}

TEST_CASE("run account: a stage's share is of the time of all its threads, and never more than that") {
  const auto run = run_account(3, 10);
  const auto stages = stage_shares(run);
  CHECK(stages[0].name == "read");
  CHECK(stages[0].share == Approx(0.25));
  CHECK(stages[1].share == Approx(0.25));
  CHECK(stages[2].name == "model");
  CHECK(stages[2].share == Approx(0.5));
  CHECK(stages[2].seconds == Approx(30));
  auto late = run;
  late.session.seconds = 1;
  CHECK(stage_shares(late)[2].share == 1);
  CHECK(stage_shares(RunAccount())[2].share == 0);
}

TEST_CASE("run account: the ranks' stages are the sum of the run's") {
  const auto run = run_account(5);
  double sum = 0;
  for (const auto& rank : run.ranks) sum += stage_shares(rank, run.session.seconds)[2].seconds;
  CHECK(sum == Approx(stage_shares(run)[2].seconds));
}
