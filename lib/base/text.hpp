// Text: what of it is UTF-8, how it is shown to a person, lists of it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace infer {

/// Length of the valid UTF-8 sequence at the start of `text` (Unicode 15, table 3-7); 0 when there is none.
std::size_t utf8_length(std::string_view text);

/// On one line, with nothing that moves a terminal's cursor: control characters and what is no UTF-8 become
/// \n, \t or \x1b.
std::string printable(std::string_view text);

/// The shortest text that reads back as the same number.
std::string number_text(double number);

/// "2,345,678"
std::string grouped_number(std::uint64_t number);

/// "1 row", "2,345 rows"; `plural` is needed where it has more than an s behind the noun.
std::string counted(std::uint64_t count, std::string_view noun, std::string_view plural = "");
std::string counted(std::integral auto count, std::string_view noun, std::string_view plural = "") {
  return counted(static_cast<std::uint64_t>(count), noun, plural);
}

std::string joined(std::span<const std::string> items, std::string_view between);

/// As a shell reads it back, in quotes where it must be.
std::string shell_word(const std::string& word);

}  // namespace infer
