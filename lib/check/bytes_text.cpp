#include "check/bytes_text.hpp"

#include <array>
#include <cstdio>
#include <string_view>

namespace infer {

std::string bytes_text(std::uint64_t bytes) {
  constexpr double kStep = 1000;
  constexpr double kThreeDigits = 999.5;
  constexpr std::array<std::string_view, 6> kUnits{"bytes", "kB", "MB", "GB", "TB", "PB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= kThreeDigits && unit + 1 < kUnits.size(); ++unit) amount /= kStep;
  std::array<char, 32> number;
  std::snprintf(number.data(), number.size(), "%.3g ", amount);
  return std::string(number.data()).append(kUnits.at(unit));
}

}  // namespace infer
