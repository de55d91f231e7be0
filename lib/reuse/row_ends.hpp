// Where rows of text end: at a newline, but not at one between two quotes where those count. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace infer::detail {

/// Bytes of the first row of `text` with its newline; npos where that is not there.
inline std::size_t row_end(std::string_view text, bool is_quoted) {
  std::ptrdiff_t quotes = 0;  // one within a cell is written twice
  for (std::size_t from = 0;;) {
    const auto newline = text.find('\n', from);
    if (newline == std::string_view::npos) return newline;
    if (!is_quoted) return newline + 1;
    const auto line = text.substr(from, newline - from);
    quotes += std::count(line.begin(), line.end(), '"');
    if (quotes % 2 == 0) return newline + 1;
    from = newline + 1;
  }
}

}  // namespace infer::detail
