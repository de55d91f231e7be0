#include "base/clock.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

namespace infer {
namespace {

/// Clock ticks between boot and the start of this process; negative when unknown. See proc(5), field 22 of
/// stat.
double start_ticks() {
  constexpr int kFieldsBetween = 19;  // after the name in parentheses
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return -1;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < kFieldsBetween; ++i) fields >> skipped;
  double ticks = -1;
  fields >> ticks;
  return fields ? ticks : -1;
}

}  // namespace

Clock::time_point process_start() {
  const auto now = Clock::now();
  const auto ticks = start_ticks();
  timespec boot{};
  if (ticks < 0 || ::clock_gettime(CLOCK_BOOTTIME, &boot) != 0) return now;
  const Seconds since_boot(static_cast<double>(boot.tv_sec) + static_cast<double>(boot.tv_nsec) * 1e-9);
  const Seconds age = since_boot - Seconds(ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  return age.count() < 0 ? now : now - std::chrono::duration_cast<Clock::duration>(age);
}

std::string time_text(std::int64_t ns) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  const auto fraction = (ns % kNanoseconds + kNanoseconds) % kNanoseconds;
  const auto seconds = static_cast<std::time_t>((ns - fraction) / kNanoseconds);
  std::tm utc{};
  std::array<char, 32> date{};
  if (::gmtime_r(&seconds, &utc) != nullptr) std::strftime(date.data(), date.size(), "%FT%T", &utc);
  std::array<char, 16> rest{};
  std::snprintf(rest.data(), rest.size(), ".%09dZ", static_cast<int>(fraction));
  return std::string(date.data()) + rest.data();
}

std::string seconds_text(Seconds seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", seconds.count());
  return text.data();
}

}  // namespace infer
