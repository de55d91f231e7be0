// A run's numbers while it is on, in the text format that Prometheus' node-exporter collects from files.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "report/run_account.hpp"

namespace infer {

constexpr std::array<std::string_view, 1> kMetricsBegins{"# HELP infer_"};

/// Every series has the label `output`, so that several runs of a host can be collected side by side.
std::string metrics_text(const RunAccount& run);

}  // namespace infer
