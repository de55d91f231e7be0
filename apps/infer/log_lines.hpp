// Where what is said goes.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "progress/log_sink.hpp"

namespace infer {

/// stderr, "infer: MESSAGE", one line each whatever a message quotes; or JSON, where the command line or the
/// environment asks for it, so that even what is wrong with them is said as that. For good: never destroyed.
std::shared_ptr<LogSink> set_up_log(const std::vector<std::string>& arguments, std::optional<int> rank);

}  // namespace infer
