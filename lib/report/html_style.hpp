// How the report looks. Internal to it.
#pragma once

#include <string_view>

namespace infer::detail {

extern const std::string_view kReportStyle;

}  // namespace infer::detail
