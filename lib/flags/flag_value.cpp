#include "flags/flag_value.hpp"

#include <charconv>

#include "base/standard_output.hpp"

namespace infer::detail {

double parse_real(const std::string& flag, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw UsageError(flag + ": \"" + text + "\" is no number");
  return value;
}

Seconds duration(const std::string& flag, double seconds, double lowest) {
  return Seconds(Deadline(Seconds(at_least(flag, seconds, lowest))).limit_s());
}

std::string own_name(const std::string&, const std::string& path) {
  return is_standard_output(path) ? "-" : path;
}

}  // namespace infer::detail
