// A run's account as a file: JSON for programs (report.md says what its members mean), HTML to look at.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "report/run_account.hpp"

namespace infer {

constexpr int kReportVersion = 1;  ///< of the JSON: raised when a member changes its meaning, or goes

/// How all reports begin, of either form.
constexpr std::array<std::string_view, 2> kReportBegins{R"({"schema":"infer-report",)",
                                                        "<!doctype html>\n<!-- infer report"};

std::string report_json(const RunAccount& run);

/// One file with all that it needs, and no script.
std::string report_html(const RunAccount& run);

/// As the name's ending says: .html, else JSON.
std::string report_text(const RunAccount& run, std::string_view name);

}  // namespace infer
