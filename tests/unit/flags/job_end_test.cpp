#include "flags/job_end.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <string>

using namespace infer;
using Catch::Matchers::Contains;

namespace {

/// As Slurm sets it, for as long as this lives.
class JobEnd {
 public:
  explicit JobEnd(const std::string& text) { ::setenv("SLURM_JOB_END_TIME", text.c_str(), 1); }
  JobEnd(const JobEnd&) = delete;
  JobEnd& operator=(const JobEnd&) = delete;
  ~JobEnd() { ::unsetenv("SLURM_JOB_END_TIME"); }
};

std::string in(int seconds) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count() + seconds);
}

struct Completed {
  StopOptions stops;
  std::vector<std::string> notices;
};

Completed completed(StopOptions stops = {}) {
  std::vector<std::string> notices;
  detail::complete_stops(stops, notices);
  return {stops, notices};
}

}  // namespace

TEST_CASE("job end: without Slurm there is no limit, nor where it says nothing") {
  ::unsetenv("SLURM_JOB_END_TIME");
  CHECK_FALSE(completed().stops.time_limit.has_value());
  const JobEnd empty("");
  CHECK_FALSE(completed().stops.time_limit.has_value());
  CHECK(completed().notices.empty());
}

TEST_CASE("job end: the run stops before it, with time to drain and to end") {
  const JobEnd end(in(3600));
  StopOptions stops;
  stops.drain_timeout = Seconds(100);
  const auto [found, notices] = completed(stops);
  REQUIRE(found.time_limit.has_value());
  CHECK(found.time_limit->count() > 3600 - 100 - 30 - 10);
  CHECK(found.time_limit->count() <= 3600 - 100 - 30);
  CHECK_THAT(found.time_limit_source, Contains("the job's end, SLURM_JOB_END_TIME"));
  CHECK(notices.empty());
}

TEST_CASE("job end: one that is near leaves a second, and what is typed goes before it") {
  const JobEnd end(in(20));
  CHECK(completed().stops.time_limit == Seconds(1));
  StopOptions typed;
  typed.time_limit = Seconds(500);
  CHECK(completed(typed).stops.time_limit == Seconds(500));
}

TEST_CASE("job end: a time that has passed, or is none, is told and has no effect") {
  for (const auto& text : {in(-5), std::string("tomorrow"), in(3600) + "s"}) {
    const JobEnd end(text);
    const auto [stops, notices] = completed();
    CHECK_FALSE(stops.time_limit.has_value());
    REQUIRE(notices.size() == 1);
    CHECK_THAT(notices[0], Contains("SLURM_JOB_END_TIME is ignored: " + text + " is no time to come"));
  }
}
