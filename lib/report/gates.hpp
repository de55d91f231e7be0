// What a run must keep to for exit code 0, beside being complete: judged by the numbers of its report.
#pragma once

#include <cstdint>
#include <string>

#include "config/choices.hpp"

namespace infer {

struct Gate {
  std::string flag;  ///< "--min-rows-per-second"
  std::string unit;  ///< of the next two: "%", "rows", "rows/s"
  double limit = 0;
  double value = 0;
  bool passed = true;
  std::string reason{};  ///< why it did not pass, with the remedy; empty when it did

  bool operator==(const Gate&) const = default;
};

/// --max-errors.
Gate errors_gate(const ErrorAllowance& allowed, std::uint64_t failed, std::uint64_t records);

/// At most `percent` of the records may fail.
Gate error_rate_gate(double percent, std::uint64_t failed, std::uint64_t records);

/// At least `limit` rows per second.
Gate speed_gate(double limit, double rows_per_second);

}  // namespace infer
