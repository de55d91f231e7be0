// A row as a person sees it on a terminal.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace infer {

/// JSON of one line, shortened to so many columns: long lists first, each to as many items as there is room
/// for, then the end. With nothing that moves a cursor.
std::string shown_row(std::string_view json, std::size_t columns);

/// A vector as JSON, with the shortest numbers that are read back as the same; NaN and infinities as Python
/// writes them.
void append_vector(std::string& out, std::span<const double> vector, bool is_float64);

/// How many a terminal needs for it, where each character has one.
std::size_t columns_of(std::string_view utf8);

/// Cut to so many columns of characters.
std::string cut_to_columns(std::string_view text, std::size_t columns);

}  // namespace infer
