#include "reader/stream/record_ends.hpp"

#include <algorithm>

#include "reader/csv/csv_header.hpp"
#include "reader/csv/csv_record.hpp"

namespace infer {
namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::size_t kAroundRecord = std::string_view("\xEF\xBB\xBF\r\n").size();

std::size_t whole_lines_bytes(std::string_view text) {
  const auto newline = text.rfind('\n');
  return newline == kNone ? 0 : newline + 1;
}

/// The record that begins at `at`, with the mark before the first one of a file.
CsvRecord record_at(std::string_view text, std::size_t at, const RecordRules& rules, bool begins_file,
                    bool is_all) {
  const auto mark = begins_file && at == 0 ? byte_order_mark_bytes(text) : 0;
  auto record = find_csv_record(text.substr(at + mark), {*rules.separator, rules.max_record_bytes}, is_all);
  record.size += mark;
  return record;
}

}  // namespace

std::optional<RecordsEnd> RecordEndSearch::find(std::string_view text, bool has_ended) {
  return rules_.separator ? find_cells_end(text, has_ended) : find_line_end(text, has_ended);
}

std::optional<RecordsEnd> RecordEndSearch::find_line_end(std::string_view text, bool has_ended) {
  if (text.size() <= size_ && has_ended) return RecordsEnd{text.size(), false};
  const auto newline = text.find('\n', std::max(searched_, size_ - 1));
  if (newline != kNone) return RecordsEnd{newline + 1, false};
  if (has_ended) return RecordsEnd{text.size(), false};
  const auto last_line = whole_lines_bytes(text.substr(0, size_ - 1));
  if (text.size() > last_line + rules_.max_record_bytes + kAroundRecord) return RecordsEnd{text.size(), true};
  searched_ = text.size();
  return std::nullopt;
}

/// Here searched_ is where a record begins.
std::optional<RecordsEnd> RecordEndSearch::find_cells_end(std::string_view text, bool has_ended) {
  while (searched_ < std::min(size_, text.size())) {
    const auto record = record_at(text, searched_, rules_, begins_file_, has_ended);
    if (record.state == CsvRecord::State::unfinished) return std::nullopt;
    if (record.state == CsvRecord::State::cut_off) return RecordsEnd{text.size(), true};
    searched_ += record.size;
  }
  const bool is_found = searched_ >= size_ || has_ended;
  return is_found ? std::optional(RecordsEnd{searched_, false}) : std::nullopt;
}

std::size_t whole_records_bytes(std::string_view text, std::size_t most, const RecordRules& rules,
                                bool begins_file) {
  if (!rules.separator) return whole_lines_bytes(text.substr(0, most));
  std::size_t whole = 0;
  while (whole < text.size()) {
    const auto record = record_at(text, whole, rules, begins_file, false);
    if (record.state != CsvRecord::State::whole || whole + record.size > most) break;
    whole += record.size;
  }
  return whole;
}

}  // namespace infer
