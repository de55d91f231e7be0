#include "log_lines.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace infer {
namespace {

LogFormat wanted_format(const std::vector<std::string>& arguments) {
  const char* variable = std::getenv("INFER_LOG_FORMAT");
  std::string_view wanted = variable == nullptr ? "" : variable;
  constexpr std::string_view kFlag = "--log-format";
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i] == kFlag && i + 1 < arguments.size()) wanted = arguments[i + 1];
    if (arguments[i].starts_with("--log-format="))
      wanted = std::string_view(arguments[i]).substr(kFlag.size() + 1);
  }
  return wanted == "json" ? LogFormat::json : LogFormat::text;
}

}  // namespace

std::shared_ptr<LogSink> set_up_log(const std::vector<std::string>& arguments, std::optional<int> rank) {
  auto sink = std::make_shared<LogSink>();
  sink->show_as(choose_look(wanted_format(arguments), ShowProgress::never, rank));
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("infer", sink));
  return sink;
}

}  // namespace infer
