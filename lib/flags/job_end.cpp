#include "flags/job_end.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <system_error>

#include "flags/flag_value.hpp"

namespace infer::detail {
namespace {

constexpr const char* kSlurmEnd = "SLURM_JOB_END_TIME";  ///< seconds since 1970

/// How long this process has if Slurm ends its job when it says; empty where it does not, or where what it
/// says is left over from another job.
std::optional<Seconds> until_slurm_ends(std::vector<std::string>& notices) {
  const char* text = std::getenv(kSlurmEnd);
  if (text == nullptr || *text == '\0') return std::nullopt;
  const auto* end = text + std::strlen(text);
  double time = 0;
  const auto [rest, error] = std::from_chars(text, end, time);
  const auto left = Seconds(time) - std::chrono::system_clock::now().time_since_epoch();
  if (error == std::errc() && rest == end && left > Seconds(0)) return left;
  notices.push_back(std::string("the variable ") + kSlurmEnd + " is ignored: " + text +
                    " is no time to come; give --time-limit, where this run is to stop by itself");
  return std::nullopt;
}

}  // namespace

void complete_stops(StopOptions& stops, std::vector<std::string>& notices) {
  constexpr Seconds kReserve{30};  // to end all ranks, and for clocks that differ
  if (stops.time_limit) return;
  const auto left = until_slurm_ends(notices);
  if (!left) return;
  stops.time_limit = duration(kSlurmEnd, std::max(1.0, (*left - stops.drain_timeout - kReserve).count()), 1);
  stops.time_limit_source = std::string("the job's end, ") + kSlurmEnd;
}

}  // namespace infer::detail
