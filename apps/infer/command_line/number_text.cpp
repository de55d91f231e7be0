#include "command_line/number_text.hpp"

#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace infer {
namespace {

constexpr std::string_view kDigits = "0123456789";

/// In front of the first digit that counts, from `begin` on.
void drop_zeros(std::string& text, std::size_t begin) {
  while (begin + 1 < text.size() && text[begin] == '0' &&
         kDigits.find(text[begin + 1]) != std::string_view::npos)
    text.erase(begin, 1);
}

template <class Number>
std::string make_number(std::string& text) {
  const std::string given = text;
  if (text.starts_with('+')) text.erase(0, 1);
  drop_zeros(text, text.starts_with('-') ? 1 : 0);
  Number value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed == std::errc::invalid_argument || end != text.data() + text.size())
    return "\"" + given + "\" is no number";
  return failed == std::errc{} ? "" : "\"" + given + "\" is too large";
}

bool is_negative(std::string_view text) {
  return text.size() > 1 && text[0] == '-' && kDigits.find(text[1]) != std::string_view::npos;
}

}  // namespace

std::string make_count(std::string& text) {
  return is_negative(text) ? "\"" + text + "\" is below 0" : make_number<std::uint64_t>(text);
}

std::string make_whole(std::string& text) { return make_number<int>(text); }

std::string make_size(std::string& text) {
  if (is_negative(text)) return "\"" + text + "\" is below 0";
  if (text.starts_with("0x") || text.starts_with("0X")) return "\"" + text + "\" is no number";
  drop_zeros(text, 0);
  return "";
}

}  // namespace infer
