#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>

#include "json/json_members.hpp"
#include "report/report_text.hpp"
#include "unit/report/accounts.hpp"

using namespace infer;
using Catch::Contains;
using infer::test::run_account;

namespace {

using Members = std::map<std::string, std::string, std::less<>>;

Members members_of(std::string_view object) {
  Members members;
  object = object.substr(1, object.rfind('}') - 1);
  while (!object.empty()) {
    const auto member = take_json_member(object);
    CHECK(members.emplace(member.key.substr(1, member.key.size() - 2), member.value).second);
  }
  return members;
}

std::vector<Members> items_of(std::string_view list) {
  std::vector<Members> items;
  list = list.substr(1, list.size() - 2);
  while (!list.empty()) items.push_back(members_of(take_json_value(list)));
  return items;
}

std::uint64_t number(const Members& members, std::string_view key) {
  const auto found = members.find(key);
  REQUIRE(found != members.end());
  return std::stoull(found->second);
}

std::uint64_t sum(const std::vector<Members>& items, std::string_view key) {
  std::uint64_t all = 0;
  for (const auto& item : items) all += number(item, key);
  return all;
}

}  // namespace

TEST_CASE("report as JSON: says what it is first, and is one line") {
  const auto text = report_json(run_account(1));
  CHECK(text.starts_with(kReportBegins[0]));
  CHECK(text.find('\n') == text.size() - 1);
  CHECK(number(members_of(text), "version") == kReportVersion);
}

TEST_CASE("report as JSON: the numbers of ranks, sessions, steps and sizes add up to the rows") {
  auto run = run_account(7);
  run.rows_before = 50;
  run.rows += 50;
  run.failed = 3;
  run.failures = {{"too_long", 2, {"a:1: x"}}, {"wrong_type", 1, {}}};
  run.earlier = {{1, 5, 2, 50, 0, {}, {}}};
  run.earlier[0].account.lengths.add(7, 50);
  run.earlier[0].account.batch_rows.add(5, 10);
  run.earlier[0].work.batches = 10;
  const auto report = members_of(report_json(run));
  const auto rows = members_of(report.at("rows"));
  CHECK(number(rows, "in") == 750);
  CHECK(number(rows, "ok") + number(rows, "failed") == 750);
  CHECK(sum(items_of(rows.at("failed_by_code")), "rows") == 3);
  CHECK(sum(items_of(report.at("sessions")), "rows") == 750);
  CHECK(sum(items_of(report.at("ranks")), "rows") == 700);
  const auto batches = members_of(report.at("batches"));
  CHECK(sum(items_of(batches.at("record_lengths")), "count") == 750);
  CHECK(sum(items_of(batches.at("batch_rows")), "count") == number(batches, "batches"));
  CHECK(members_of(report.at("throughput")).at("rows") != "[]");
  CHECK(members_of(report.at("throughput")).at("rows_per_second") == "50");
}

TEST_CASE("report as JSON: of a run that has not begun, too") {
  RunAccount nothing;
  nothing.state = RunState::failed;
  nothing.exit_code = 3;
  nothing.reason = "rank 1: \"gone\"";
  const auto report = members_of(report_json(nothing));
  CHECK(report.at("outcome") == R"({"state":"failed","exit_code":3,"reason":"rank 1: \"gone\"","gates":[]})");
  CHECK(report.at("ranks") == "[]");
}

TEST_CASE("report as JSON: a limit that is no number of JSON's is null") {
  auto run = run_account(1);
  run.gates = {speed_gate(HUGE_VAL, 1)};
  CHECK_THAT(report_json(run), Contains(R"("limit":null,"value":1,"passed":false)"));
}

TEST_CASE("report: a name's ending says which form it has") {
  CHECK(report_text(run_account(1), "r.json").starts_with(kReportBegins[0]));
  CHECK(report_text(run_account(1), "r.html").starts_with(kReportBegins[1]));
}
