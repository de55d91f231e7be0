// Which names a member of a model file may have, and how names from a file are shown. Internal to the
// archive.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace infer::detail {

/// What is wrong with the name as a path below a folder: "has a part \"..\""; empty when nothing is.
std::optional<std::string> name_problem(std::string_view name);

/// In quotes, cut to a length that fits a message.
std::string quoted_name(std::string_view name);

}  // namespace infer::detail
