#include "reader/csv/csv_lines.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/checked_cast.hpp"
#include "reader/csv/csv_cells.hpp"
#include "reader/csv/csv_header.hpp"
#include "reader/csv/csv_record.hpp"

namespace infer {
namespace {

constexpr const char* kBrokenText =
    "a quoted cell of the record that begins here has no end, or something behind its end; a quote in a cell "
    "is written twice";

std::uint64_t count_lines(std::string_view record) {
  const auto ends = checked_cast<std::uint64_t>(std::ranges::count(record, '\n'));
  return ends + (record.ends_with('\n') ? 0 : 1);
}

/// Appends to the text that all lines are in.
class JsonText {
 public:
  explicit JsonText(RawBytes& bytes) : bytes_(bytes) {}

  std::size_t size() const { return bytes_.size(); }
  void drop_from(std::size_t size) { bytes_.resize(size); }

  void add(std::string_view text) {
    const auto bytes = as_byte_view(text);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  /// As a JSON string. Two quotes are one where `is_quoted`.
  void add_string(std::string_view text, bool is_quoted) {
    add("\"");
    for (std::size_t begin = 0; begin < text.size();) {
      const auto* const special = std::ranges::find_if(text.substr(begin), needs_escape);
      const auto at = static_cast<std::size_t>(special - text.data());
      add(text.substr(begin, at - begin));
      if (at == text.size()) break;
      add_escaped(text[at]);
      begin = at + (is_quoted && text[at] == '"' ? 2 : 1);
    }
    add("\"");
  }

 private:
  static bool needs_escape(char c) { return static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\\'; }

  /// As Python's json.dumps does.
  void add_escaped(char c) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    constexpr std::string_view kEscaped = "\"\\\n\r\t\f\b";
    constexpr std::string_view kLetters = "\"\\nrtfb";
    if (const auto known = kEscaped.find(c); known != std::string_view::npos) {
      const std::array<char, 2> pair{'\\', kLetters[known]};
      return add({pair.data(), pair.size()});
    }
    const auto value = static_cast<unsigned char>(c);
    const std::array<char, 2> digits{kDigits[value >> 4U], kDigits[value & 0xFU]};
    add("\\u00");
    add({digits.data(), digits.size()});
  }

  RawBytes& bytes_;
};

/// One record after the other.
class Conversion {
 public:
  Conversion(RawChunk& chunk, const CsvColumns& columns, std::size_t max_record_bytes)
      : chunk_(chunk),
        csv_(std::exchange(chunk.buffer, {})),
        rules_{columns.separator, max_record_bytes},
        json_(chunk.buffer) {
    for (const auto& name : column_names(columns)) keys_.push_back(key(name));
    chunk.buffer.reserve(csv_.size() + csv_.size() / 2 + kTailPadding);
  }

  void convert() {
    const std::string_view text(reinterpret_cast<const char*>(csv_.data()), csv_.size());
    const bool has_header = chunk_.range.begin == 0;
    chunk_.has_cells = true;
    for (std::size_t at = 0; at < text.size();) {
      const auto mark = has_header && at == 0 ? byte_order_mark_bytes(text) : 0;
      const auto found = find_csv_record(text.substr(at + mark), rules_, true);
      const auto record = text.substr(at, mark + found.size);
      if (!has_header || at > 0) add_record(record, at, found.is_broken);
      chunk_.lines += count_lines(record);
      at += record.size();
    }
  }

 private:
  std::string key(const std::string& name) const {
    RawBytes bytes;
    JsonText text(bytes);
    text.add(keys_.empty() ? "{" : ",");
    text.add_string(name, false);
    text.add(":");
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  bool is_blank(std::string_view content) const {
    return content.find_first_not_of(rules_.separator == '\t' ? " " : " \t") == std::string_view::npos;
  }

  void add_record(std::string_view record, std::size_t at, bool is_broken) {
    const auto content = csv_content(record);
    RawRecord added{json_.size(), 0, chunk_.lines, chunk_.range.begin + at};
    added.too_long = content.size() > rules_.max_record_bytes;
    added.number = chunk_.records.size();
    added.file = chunk_.range.file;
    if (!added.too_long) {
      if (is_blank(content)) return;
      added.is_refused = is_broken || !add_object(content);
      if (added.is_refused) refuse(added.begin, is_broken ? kBrokenText : wrong_count(content));
    }
    added.size = json_.size() - added.begin;
    json_.add("\n");
    chunk_.records.push_back(added);
  }

  /// False when it has not as many cells as the header.
  bool add_object(std::string_view content) {
    CsvCells cells(content, rules_.separator);
    for (const auto& key : keys_) {
      const auto cell = cells.next();
      if (!cell) return false;
      json_.add(key);
      add_value(*cell);
    }
    json_.add("}");
    return !cells.next();
  }

  void add_value(const CsvCell& cell) {
    if (cell.text.empty() && !cell.is_quoted) return json_.add("null");
    if (is_json_value(cell.text)) return json_.add(cell.text);
    json_.add_string(cell.text, cell.is_quoted);
  }

  std::string wrong_count(std::string_view content) const {
    std::size_t count = 0;
    CsvCells cells(content, rules_.separator);
    while (cells.next()) ++count;
    return "the record has " + std::to_string(count) + (count == 1 ? " cell, " : " cells, ") +
           std::to_string(keys_.size()) + " columns are named in the first line";
  }

  void refuse(std::size_t begin, std::string_view why) {
    json_.drop_from(begin);
    json_.add(why);
  }

  RawChunk& chunk_;
  RawBytes csv_;
  CsvRules rules_;
  JsonText json_;
  std::vector<std::string> keys_;  ///< as they stand in an object, with what stands before
};

}  // namespace

void make_json_lines(RawChunk& chunk, const CsvColumns& columns, std::size_t max_record_bytes) {
  Conversion(chunk, columns, max_record_bytes).convert();
}

}  // namespace infer
