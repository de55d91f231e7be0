#include "report/advice.hpp"

#include <catch2/catch.hpp>

#include "unit/report/accounts.hpp"

using namespace infer;
using Catch::Contains;
using infer::test::kSecond;
using infer::test::run_account;

namespace {

std::string first_of(const RunAccount& run) {
  const auto all = what_limited(run);
  REQUIRE_FALSE(all.empty());
  return all.front().what + ' ' + all.front().remedy;
}

}  // namespace

TEST_CASE("advice: of a run in which nothing was busy, the busiest is named") {
  CHECK_THAT(first_of(run_account(2)),
             Contains("Nothing was busy all the time") && Contains("model, for 50 %"));
  CHECK(what_limited(RunAccount()).empty());
}

TEST_CASE("advice: whatever was busy nearly all the time is what limited the run") {
  auto run = run_account(2);
  run.session.work.model_ns = 36 * kSecond;  // of 40
  CHECK_THAT(first_of(run), Contains("The model: its threads were busy 90 %") && Contains("infer bench"));
  run = run_account(2);
  run.session.work.read_ns = 19 * kSecond;  // of 20
  CHECK_THAT(first_of(run), Contains("Reading: the readers were busy 95 %"));
  run = run_account(2);
  run.session.work.decode_ns = 20 * kSecond;
  run.session.work.encode_ns = 18 * kSecond;  // of 40 together
  CHECK_THAT(first_of(run), Contains("Decoding and encoding: their threads were busy 95 %"));
  run = run_account(2);
  run.write_seconds = 9;
  CHECK_THAT(first_of(run), Contains("Writing") && Contains("--output-dir"));
}

TEST_CASE("advice: batches that did not fit name the limits that did") {
  auto run = run_account(1);
  run.session.work.halved = run.session.work.batches;
  run.session.work.fitting_elements = 4096;
  run.session.work.fitting_rows = 16;
  CHECK_THAT(first_of(run),
             Contains("did not fit") && Contains("--max-batch-tokens 4096 --max-batch-size 16"));
}

TEST_CASE("advice: ranks that had unlike work, much filling and a long start are told") {
  auto run = run_account(2);
  run.ranks[0].work.model_ns = 60 * kSecond;
  CHECK_THAT(first_of(run), Contains("Balance") && Contains("--chunk-bytes"));
  run.subject.schedule = "static";
  CHECK_THAT(first_of(run), Contains("--schedule static"));
  run = run_account(2);
  run.total_seconds = 100;
  CHECK_THAT(first_of(run), Contains("The start: 90 s of 1 min 40 s"));
  run = run_account(2);
  run.session.work.padded_elements = 4 * run.session.work.elements;
  CHECK_THAT(first_of(run), Contains("Padding: 75 %"));
}
