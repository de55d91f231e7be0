#include "report/metrics_text.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "unit/report/accounts.hpp"

using namespace infer;
using Catch::Contains;
using infer::test::run_account;

TEST_CASE("metrics: every series has a type before it, a value, and no series comes twice") {
  auto run = run_account(3);
  run.failures = {{"too_long", 2, {}}, {"wrong_type", 1, {}}};
  const auto text = metrics_text(run);
  CHECK(text.starts_with(kMetricsBegins[0]));
  CHECK(text.ends_with("\n"));
  std::set<std::string> types;
  std::set<std::string> series;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      CHECK(types.insert(line.substr(7, line.find(' ', 7) - 7)).second);
    } else if (!line.starts_with("# HELP ")) {
      CHECK(types.contains(line.substr(0, line.find('{'))));
      const auto value = line.rfind("} ") + 2;
      CHECK(series.insert(line.substr(0, value)).second);
      CHECK_NOTHROW(std::stod(line.substr(value)));
    }
  }
  CHECK(series.contains("infer_failed_rows_by_code_total{output=\"out.jsonl\",code=\"too_long\"} "));
}

TEST_CASE("metrics: what a label says is escaped") {
  auto run = run_account(1);
  run.subject.output = "a\"b\\c\nd";
  CHECK_THAT(metrics_text(run), Contains(R"(infer_rows_total{output="a\"b\\c\nd"} 100)"));
}
