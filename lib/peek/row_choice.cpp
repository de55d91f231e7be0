#include "peek/row_choice.hpp"

#include <charconv>
#include <string_view>

#include "base/error.hpp"
#include "record/record_error.hpp"

namespace infer {
namespace {

constexpr auto kLastCode = RecordErrorCode::non_finite;

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void choose_range(RowChoice& choice, const std::string& text) {
  const std::string_view view = text;
  const auto colon = view.find(':');
  const bool is_range = colon != std::string_view::npos;
  const auto first =
      is_range && colon == 0 ? std::optional<std::uint64_t>(0) : number_in(view.substr(0, colon));
  const bool is_open = is_range && colon + 1 == view.size();
  const auto end = !is_range ? first
                   : is_open ? std::optional(choice.end)
                             : number_in(view.substr(colon + 1));
  if (!first || !end || (is_range && *end < *first) || (!is_range && *first == choice.end))
    throw UsageError("--row " + text +
                     " is neither a row, counted from 0, nor a range FIRST:END without END itself: give 7, "
                     "10:20, :5 or 100:");
  choice.begin = *first;
  choice.end = is_range ? *end : *first + 1;
}

void choose_failed(RowChoice& choice, const std::string& code) {
  choice.is_failed = true;
  choice.code = code;
  if (code.empty()) return;
  std::string codes;
  for (int i = 0; i <= static_cast<int>(kLastCode); ++i) {
    const auto name = error_code_name(static_cast<RecordErrorCode>(i));
    if (name == code) return;
    codes.append(codes.empty() ? "" : ", ").append(name);
  }
  throw UsageError("--failed " + code + ": records fail with " + codes +
                   "; files stand before this flag, or a code follows it with =: --failed=too_long");
}

}  // namespace infer
