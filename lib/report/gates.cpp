#include "report/gates.hpp"

#include "base/text.hpp"
#include "report/number_texts.hpp"

namespace infer {

namespace {

double percent_of(std::uint64_t part, std::uint64_t all) {
  constexpr double kAll = 100;
  return all > 0 ? kAll * static_cast<double>(part) / static_cast<double>(all) : 0;
}

std::string failed_of(std::uint64_t failed, std::uint64_t records) {
  return std::to_string(failed) + " of " + std::to_string(records) + " records failed, ";
}

}  // namespace

Gate errors_gate(const ErrorAllowance& allowed, std::uint64_t failed, std::uint64_t records) {
  const auto value = allowed.percent ? percent_of(failed, records) : static_cast<double>(failed);
  Gate gate{"--max-errors", allowed.percent ? "%" : "rows", allowed.value, value,
            allowed.permits(failed, records)};
  if (!gate.passed)
    gate.reason = failed_of(failed, records) + "more than --max-errors " + number_text(allowed.value) +
                  (allowed.percent ? "%" : "") + " allows: exit code 1";
  return gate;
}

Gate error_rate_gate(double percent, std::uint64_t failed, std::uint64_t records) {
  const auto rate = percent_of(failed, records);
  Gate gate{"--fail-on-error-rate", "%", percent, rate,
            ErrorAllowance{percent, true}.permits(failed, records)};
  if (!gate.passed)
    gate.reason = failed_of(failed, records) + short_number(rate) + " %, more than --fail-on-error-rate " +
                  number_text(percent) + "% allows: exit code 1";
  return gate;
}

Gate speed_gate(double limit, double rows_per_second) {
  Gate gate{"--min-rows-per-second", "rows/s", limit, rows_per_second, rows_per_second >= limit};
  if (!gate.passed)
    gate.reason = short_number(rows_per_second) + " rows/s, fewer than --min-rows-per-second " +
                  short_number(limit) +
                  " asks for: exit code 1; --report FILE.html says what limited the run";
  return gate;
}

}  // namespace infer
