// Numbers as a person reads them: "1,234,567", "3.4 GiB", "2 min 5 s".
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "base/text.hpp"

namespace infer {

/// Three digits that matter: "0.123", "12.3", "1230".
inline std::string short_number(double value) {
  std::array<char, 32> text{};
  const bool is_large = std::abs(value) >= 100;
  std::snprintf(text.data(), text.size(), is_large ? "%.0f" : "%.3g", value);
  return text.data();
}

inline std::string grouped_number(double number) {
  return number < 100 ? short_number(number)
                      : grouped_number(static_cast<std::uint64_t>(std::llround(number)));
}

inline std::string bytes_number(std::uint64_t bytes) {
  constexpr double kStep = 1024;
  double value = static_cast<double>(bytes);
  const char* unit = "B";
  for (const auto* next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < kStep) break;
    value /= kStep;
    unit = next;
  }
  return short_number(value) + ' ' + unit;
}

inline std::string percent_number(double share) { return short_number(100 * share) + " %"; }

inline std::string duration_number(double seconds) {
  if (seconds < 100) return short_number(seconds) + " s";
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  const auto minutes = whole / 60;
  if (minutes < 60) return std::to_string(minutes) + " min " + std::to_string(whole % 60) + " s";
  return grouped_number(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

/// A time on an axis: "12.5 s", "4:32", "1:04:32".
inline std::string clock_number(double seconds) {
  constexpr std::uint64_t kMinute = 60;
  if (seconds < 100) return short_number(seconds) + " s";
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  const auto two_digits = [](std::uint64_t number) {
    return (number < 10 ? ":0" : ":") + std::to_string(number);
  };
  const auto minutes = whole / kMinute;
  const auto begin = minutes < kMinute ? std::to_string(minutes)
                                       : std::to_string(minutes / kMinute) + two_digits(minutes % kMinute);
  return begin + two_digits(whole % kMinute);
}

}  // namespace infer
