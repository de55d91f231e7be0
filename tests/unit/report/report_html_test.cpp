#include <catch2/catch.hpp>
#include <string>

#include "report/html_charts.hpp"
#include "report/html_text.hpp"
#include "report/report_text.hpp"
#include "unit/report/accounts.hpp"

using namespace infer;
using namespace infer::detail;
using Catch::Contains;
using infer::test::run_account;

namespace {

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("report as HTML: whatever names and messages say is text") {
  const std::string attack = "<script>alert('x')</script>&\"\x1b[31m";
  auto run = run_account(1);
  run.subject.output = run.subject.command = run.subject.model = run.subject.devices = attack;
  run.subject.facts = {{attack, attack}};
  run.ranks[0].host = run.ranks[0].device = attack;
  run.failed = 1;
  run.failures = {{attack, 1, {attack}}};
  run.reason = attack;
  run.start = {{attack, 1}};
  const auto html = report_html(run);
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find('\x1b') == std::string::npos);
  CHECK_THAT(html, Contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"));
}

TEST_CASE("report as HTML: it needs nothing but itself") {
  const auto html = report_html(run_account(3));
  for (const auto* outside : {"http", "src=", "@import", "url(", "<link", "<script"})
    CHECK(html.find(outside) == std::string::npos);
  CHECK(count(html, "<svg") == count(html, "</svg>"));
  CHECK(count(html, "<section>") == count(html, "</section>"));
  CHECK(count(html, "<table") == count(html, "</table>"));
  CHECK(count(html, "<div") == count(html, "</div>"));
  CHECK(html.ends_with("</html>\n"));
}

TEST_CASE("report as HTML: a thousand ranks are each there, in less than 2 MB") {
  const auto html = report_html(run_account(1000));
  CHECK(html.size() < 1'000'000);
  CHECK_THAT(html, Contains("<td class=\"n\">999<td>") && Contains("<details><summary>All 1,000 ranks"));
}

TEST_CASE("report as HTML: what the run did not have is left out") {
  const auto html = report_html(run_account(1));
  for (const auto* heading : {"Records that failed", "Gates", "Sessions"})
    CHECK(html.find(std::string("<h2>") + heading) == std::string::npos);
  CHECK_NOTHROW(report_html(RunAccount()));
}

TEST_CASE("report's charts: an axis ends at a round number, not below what is drawn") {
  CHECK(round_above(0) == 1);
  CHECK(round_above(1) == 1);
  CHECK(round_above(1.1) == 1.5);
  CHECK(round_above(2100) == 2500);
  CHECK(round_above(8100) == 10000);
  CHECK(round_above(0.06) == Approx(0.06));
}

TEST_CASE("report's charts: a bar for each size from the first that came to the last") {
  SizeCounts sizes;
  sizes.add(3, 2);
  sizes.add(9);
  const auto chart = sizes_chart("Lengths", sizes, "");
  REQUIRE(chart.bars.size() == 4);
  CHECK(chart.bars[0].value == 2);
  CHECK(chart.bars[1].value == 0);
  CHECK(chart.bars[3].hint == "8–11: 1");
  CHECK(count(chart.html(), "<rect") == 4);
}
