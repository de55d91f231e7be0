// `infer peek`: what a result holds, summed up or row by row.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "peek/row_choice.hpp"

namespace infer {

struct PeekRequest {
  std::vector<std::string> files;   ///< or folders of parts, or "-"; all are one result
  std::optional<RowChoice> rows{};  ///< empty: a summary
  bool as_json = false;             ///< of the summary
  std::size_t labels = 10;          ///< of each field that it lists
  std::size_t columns = 0;          ///< of the terminal; 0: there is none, and all is whole
};

/// Calls `write` with text, lines at a time, until that is false. Returns what a person should know besides.
/// Throws UsageError for what cannot be opened or makes no sense, RunError for what cannot be read.
std::vector<std::string> peek(const PeekRequest& request, const std::function<bool(std::string_view)>& write);

}  // namespace infer
