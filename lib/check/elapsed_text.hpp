// Times as a person reads them.
#pragma once

#include <array>
#include <cstdio>
#include <string>

#include "base/clock.hpp"

namespace infer {

/// "0.123 s" since it was started.
inline std::string elapsed_text(const Stopwatch& watch) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.3f s", watch.elapsed_s());
  return text.data();
}

}  // namespace infer
