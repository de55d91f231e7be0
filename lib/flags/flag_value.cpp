#include "flags/flag_value.hpp"

#include <charconv>
#include <utility>
#include <vector>

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

FlagValue for_outputs(FlagValue of_one) {
  INFER_ASSERT(of_one.form == ValueForm::text);
  auto of_all = of_one;
  of_all.form = ValueForm::outputs;
  of_all.put = [put = std::move(of_one.put)](RunConfig& config, const GivenValue& value,
                                             const std::string& flag) {
    const auto& items = std::get<std::vector<std::string>>(value);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > config.others.size()) config.others.emplace_back();
      put(i == 0 ? config : config.others[i - 1], items[i], flag);
    }
  };
  return of_all;
}

}  // namespace infer::detail
