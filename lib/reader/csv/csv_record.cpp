#include "reader/csv/csv_record.hpp"

#include <algorithm>
#include <optional>

namespace infer {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::size_t kLineEndBytes = std::string_view("\r\n").size();

/// From cell to cell.
class RecordSearch {
 public:
  RecordSearch(std::string_view text, const CsvRules& rules, bool is_all)
      : text_(text), rules_(rules), is_all_(is_all) {}

  CsvRecord find() {
    for (;;) {
      if (at_ > rules_.max_record_bytes) return rest_of_line(at_, false);
      const auto found = at_ < text_.size() && text_[at_] == '"' ? pass_quoted() : pass_plain();
      if (found) return *found;
    }
  }

 private:
  /// The record ends with the line that `from` is in.
  CsvRecord rest_of_line(std::size_t from, bool is_broken) const {
    using enum CsvRecord::State;
    const auto newline = text_.find('\n', from);
    if (newline != kNone) return {whole, newline + 1, is_broken};
    if (is_all_) return {whole, text_.size(), is_broken};
    const bool is_too_long = text_.size() > rules_.max_record_bytes + kLineEndBytes;
    return {is_too_long ? cut_off : unfinished, text_.size(), is_broken};
  }

  CsvRecord broken() const { return rest_of_line(0, true); }

  CsvRecord end_or_more() const {
    return {is_all_ ? CsvRecord::State::whole : CsvRecord::State::unfinished, text_.size()};
  }

  /// Nothing when another cell follows, at at_.
  std::optional<CsvRecord> pass_quoted() {
    const auto most = rules_.max_record_bytes;
    const auto close = find_closing_quote(text_.substr(0, most + 1), at_ + 1);
    if (std::min(close, text_.size()) >= most) return broken();
    if (close == kNone) return is_all_ ? broken() : end_or_more();
    at_ = close + 1;
    if (at_ == text_.size()) return end_or_more();  // the quote may be the first of two
    if (text_[at_] == rules_.separator) {
      ++at_;
      return std::nullopt;
    }
    if (text_[at_] == '\n') return CsvRecord{CsvRecord::State::whole, at_ + 1};
    if (text_[at_] != '\r') return broken();
    if (at_ + 1 == text_.size()) return end_or_more();
    return text_[at_ + 1] == '\n' ? CsvRecord{CsvRecord::State::whole, at_ + 2} : broken();
  }

  std::optional<CsvRecord> pass_plain() {
    const auto newline = text_.find('\n', at_);
    const auto line = text_.substr(at_, newline == kNone ? kNone : newline - at_);
    if (line.find('"') == kNone) return rest_of_line(at_, false);
    const auto separator = line.find(rules_.separator);
    if (separator == kNone) return rest_of_line(at_, false);
    at_ += separator + 1;
    return std::nullopt;
  }

  std::string_view text_;
  const CsvRules& rules_;
  bool is_all_;
  std::size_t at_ = 0;  ///< a cell begins here
};

}  // namespace

std::size_t find_closing_quote(std::string_view text, std::size_t from) {
  for (;;) {
    const auto quote = text.find('"', from);
    if (quote == kNone) return kNone;
    if (quote + 1 == text.size() || text[quote + 1] != '"') return quote;
    from = quote + 2;
  }
}

CsvRecord find_csv_record(std::string_view text, const CsvRules& rules, bool is_all) {
  return RecordSearch(text, rules, is_all).find();
}

std::string_view csv_content(std::string_view record) {
  if (record.ends_with('\n')) record.remove_suffix(1);
  if (record.ends_with('\r')) record.remove_suffix(1);
  return record;
}

}  // namespace infer
