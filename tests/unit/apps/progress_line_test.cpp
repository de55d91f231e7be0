#include "progress/progress_line.hpp"

#include <catch2/catch.hpp>

using namespace infer;
using Catch::Matchers::Contains;

namespace {

RunProgress halfway() {
  RunProgress progress;
  progress.seconds = 100;
  progress.rows = 1'234'567;
  progress.failed = 3;
  progress.bytes = 400;
  progress.total_bytes = 1000;
  progress.tokens = 98'765'400;
  progress.late = {"rank 2 (node7): model, 40 s", "rank 5 (node9): read, 12 s"};
  return progress;
}

}  // namespace

TEST_CASE("progress line: where there is room all of it is said") {
  CHECK(progress_line(halfway()) ==
        "1,234,567 rows, 3 failed, 12,346 rows/s, 987,654 tokens/s, 40 %, 0:02:30 left, "
        "late: rank 2 (node7): model, 40 s and 1 more");
  CHECK(progress_line(halfway(), 200, false).text == progress_line(halfway()));
}

TEST_CASE("progress line: few rows or tokens per second are not said to be none") {
  CHECK(rate_text(0) == "0");
  CHECK(rate_text(0.0342) == "0.0342");
  CHECK(rate_text(27.14) == "27.1");
  CHECK(rate_text(12'345.6) == "12,346");
  auto progress = halfway();
  progress.rows = 34;
  progress.tokens = 4'000;
  CHECK_THAT(progress_line(progress), Contains("0.34 rows/s, 40 tokens/s"));
}

TEST_CASE("progress line: it never takes more columns than there are, and says how many it takes") {
  for (std::size_t columns = 1; columns <= 200; ++columns) {
    const auto line = progress_line(halfway(), columns, false);
    CHECK(line.text.size() <= columns);
    CHECK(line.columns == line.text.size());
    const auto coloured = progress_line(halfway(), columns, true);
    CHECK(coloured.columns == line.columns);
  }
}

TEST_CASE("progress line: what matters most stays where it is narrow") {
  CHECK(progress_line(halfway(), 119, false).text ==
        "1,234,567 rows, 3 failed, 12,346/s, 987,654 tok/s, 40 %, 0:02:30 left, "
        "late: rank 2 (node7): model, 40 s and 1 more");
  CHECK(progress_line(halfway(), 90, false).text ==
        "1,234,567 rows, 3 failed, 12,346/s, 987,654 tok/s, 40 %, 0:02:30 left, 2 late");
  CHECK(progress_line(halfway(), 39, false).text == "3 failed, 40 %, 0:02:30 left, 2 late");
  CHECK(progress_line(halfway(), 19, false).text == "40 %, 0:02:30 left");
}

TEST_CASE("progress line: the time left is of the bytes that this run has done itself") {
  auto progress = halfway();
  progress.resumed_bytes = 300;
  CHECK(seconds_left(progress) == Approx(600));
  progress.bytes = 300;
  CHECK_FALSE(seconds_left(progress));
  CHECK_THAT(progress_line(progress), Contains("? left"));
}

TEST_CASE("progress line: of an input without a known end neither a share nor a time is said") {
  auto progress = halfway();
  progress.total_bytes.reset();
  CHECK_THAT(progress_line(progress), !Contains("%") && !Contains("left"));
}

TEST_CASE("progress line: what is bad has a colour, and only that, and only where it may") {
  auto progress = halfway();
  CHECK_THAT(progress_line(progress, 200, true).text,
             Contains("\033[31m3 failed\033[0m") && Contains("\033[33mlate: "));
  progress.failed = 0;
  progress.late.clear();
  CHECK_THAT(progress_line(progress, 200, true).text, !Contains("\033"));
  CHECK_THAT(progress_line(halfway(), 200, false).text, !Contains("\033"));
}
