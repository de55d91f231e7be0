#include "reader/csv/csv_cells.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "reader/csv/csv_record.hpp"

namespace infer {
namespace {

constexpr int kMostNesting = 32;
constexpr std::size_t kMostNumberBytes = 300;  ///< more digits may be more than a double holds

/// Goes through text that may be JSON; every function is true when what it names was there, and is passed.
class JsonLook {
 public:
  explicit JsonLook(std::string_view text) : text_(text) {}

  bool is_over() const { return at_ == text_.size(); }

  bool number() {
    const auto begin = at_;
    character('-');
    if (!character('0') && !digits()) return false;
    if (character('.') && !digits()) return false;
    if (character('e') || character('E')) {
      if (!character('+')) character('-');
      if (!digits()) return false;
    }
    return fits_double(text_.substr(begin, at_ - begin));
  }

  bool list(int depth = 0) {
    if (depth == kMostNesting || !character('[')) return false;
    blanks();
    if (character(']')) return true;
    do {
      blanks();
      if (!list(depth + 1) && !word("null") && !number()) return false;
      blanks();
    } while (character(','));
    return character(']');
  }

  bool word(std::string_view wanted) {
    if (!text_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }

 private:
  bool character(char wanted) {
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  bool digits() {
    const auto begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ > begin;
  }

  void blanks() {
    while (character(' ')) continue;
  }

  /// One that is too small for a double is 0 there.
  static bool fits_double(std::string_view number) {
    constexpr std::size_t kFewDigits = 16;
    if (number.size() > kMostNumberBytes) return false;
    const auto exponent = number.find_first_of("eE");
    if (exponent == std::string_view::npos) return true;
    double value = 0;
    const auto failed = std::from_chars(number.data(), number.data() + number.size(), value).ec;
    const bool is_small = exponent < kFewDigits && number[exponent + 1] == '-';
    return failed == std::errc() || is_small;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<CsvCell> CsvCells::next() {
  if (!rest_) return std::nullopt;
  const auto text = *rest_;
  const bool is_quoted = text.starts_with('"');
  const auto end = is_quoted ? find_closing_quote(text, 1) + 1 : text.find(separator_);
  const auto cell = text.substr(0, end);
  rest_ = cell.size() < text.size() ? std::optional(text.substr(cell.size() + 1)) : std::nullopt;
  return is_quoted ? CsvCell{cell.substr(1, cell.size() - 2), true} : CsvCell{cell, false};
}

std::string cell_text(const CsvCell& cell) {
  if (!cell.is_quoted) return std::string(cell.text);
  std::string text;
  for (std::size_t i = 0; i < cell.text.size(); ++i) {
    text += cell.text[i];
    if (cell.text[i] == '"') ++i;
  }
  return text;
}

bool is_json_value(std::string_view text) {
  if (text.empty()) return false;
  JsonLook look(text);
  switch (text.front()) {
    case '[': return look.list() && look.is_over();
    case 't': return text == "true";
    case 'f': return text == "false";
    default: return look.number() && look.is_over();
  }
}

}  // namespace infer
