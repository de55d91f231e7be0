// Times as a person reads them.
#pragma once

#include <array>
#include <cstdio>
#include <string>

#include "base/clock.hpp"

namespace infer {

/// "12.3 ms" or "1.23 s" since it was started.
inline std::string elapsed_text(const Stopwatch& watch) {
  constexpr double kMsPerSecond = 1000;
  const auto seconds = watch.elapsed_s();
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), seconds < 1 ? "%.3g ms" : "%.3g s",
                seconds < 1 ? kMsPerSecond * seconds : seconds);
  return text.data();
}

}  // namespace infer
