// CSV as RFC 4180 has it, but for the end of a line, which is LF as in JSON Lines. A row has the values of
// its JSON Lines row, text for text: strings are unescaped, null is an empty cell, lists and objects without
// columns of their own are JSON.
#include <span>
#include <vector>

#include "base/error.hpp"
#include "encoder/output_format.hpp"
#include "encoder/task_fields.hpp"
#include "json/json_members.hpp"

namespace infer {
namespace {

bool needs_quotes(std::string_view text) {
  // An empty string is no missing value; some readers strip blanks at a cell's ends.
  if (text.empty()) return true;
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  return is_blank(text.front()) || is_blank(text.back()) ||
         text.find_first_of(",\"\n\r") != std::string_view::npos;
}

void append_text(std::string& out, std::string_view text) {
  if (!needs_quotes(text)) {
    out += text;
    return;
  }
  out += '"';
  for (auto quote = text.find('"'); quote != std::string_view::npos; quote = text.find('"')) {
    out += text.substr(0, quote + 1);
    out += '"';
    text.remove_prefix(quote + 1);
  }
  out += text;
  out += '"';
}

/// One row, cell by cell.
class CsvRow {
 public:
  explicit CsvRow(std::string& out) : out_(out) {}

  void add_text(std::string_view text) {
    begin_cell();
    append_text(out_, text);
  }

  /// Missing values.
  void add_empty(std::size_t cells) {
    for (std::size_t i = 0; i < cells; ++i) begin_cell();
  }

  void add_json(std::string_view value) {
    begin_cell();
    if (value == "null") return;
    if (value.front() != '"') return append_text(out_, value);
    unescaped_.clear();
    append_unescaped(unescaped_, value);
    append_text(out_, unescaped_);
  }

  void add_field(const FlatField& field, std::string_view value) {
    switch (field.kind) {
      case FlatKind::value: return add_json(value);
      case FlatKind::items: return add_items(value);
      case FlatKind::members: return add_members(value);
    }
  }

  /// Of `members`, which may lack some.
  void add_fields(std::span<const FlatField> fields, std::string_view members) {
    auto member = members.empty() ? JsonMember{} : take_json_member(members);
    for (const auto& field : fields) {
      if (member.key != field.key) {
        add_empty(field.columns.size());
        continue;
      }
      add_field(field, member.value);
      member = members.empty() ? JsonMember{} : take_json_member(members);
    }
    INFER_ASSERT(member.key.empty());
  }

  void end() { out_ += '\n'; }

 private:
  void begin_cell() {
    if (!is_first_) out_ += ',';
    is_first_ = false;
  }

  static std::string_view inside(std::string_view container) {
    return container.substr(1, container.size() - 2);
  }

  void add_items(std::string_view list) {
    auto items = inside(list);
    const auto lacks = [items](char c) { return items.find(c) == std::string_view::npos; };
    if (lacks('n') && lacks('"')) {  // numbers alone are CSV as they stand
      begin_cell();
      out_ += items;
      return;
    }
    while (!items.empty()) add_json(take_json_value(items));
  }

  void add_members(std::string_view object) {
    for (auto members = inside(object); !members.empty();) add_json(take_json_member(members).value);
  }

  std::string& out_;
  std::string unescaped_;
  bool is_first_ = true;
};

std::string header(const RowConfig& config, std::uint64_t /*rows*/) {
  std::string text;
  CsvRow row(text);
  for (const auto* fields : {&config.flat.carried, &config.flat.own}) {
    for (const auto& field : *fields) {
      for (const auto& name : field.columns) row.add_text(name);
    }
  }
  row.add_text(kErrorCodeColumn);
  row.add_text(kErrorMessageColumn);
  row.end();
  return text;
}

void append_row(StampedText& out, const RowParts& parts, const RowConfig& config) {
  CsvRow row(out.text);
  row.add_fields(config.flat.carried, parts.carried);
  row.add_fields(config.flat.own, parts.values);
  if (parts.failure == nullptr) {
    row.add_empty(2);
  } else {
    row.add_text(error_code_name(parts.failure->error.code));
    row.add_text(parts.failure->error.message);
  }
  row.end();
}

/// Cells at the end of a row: what the task gave, and an error.
std::size_t last_cells(const RowConfig& config) {
  std::size_t cells = 2;
  for (const auto& field : config.flat.own) cells += field.columns.size();
  return cells;
}

/// Where each cell begins; a comma or a newline between quotes ends none.
std::vector<std::size_t> cell_begins(std::string_view row) {
  std::vector<std::size_t> begins{0};
  bool is_quoted = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == '"') is_quoted = !is_quoted;
    if (row[i] == ',' && !is_quoted) begins.push_back(i + 1);
  }
  return begins;
}

bool append_again(StampedText& out, std::string_view carried, std::string_view earlier,
                  const RowConfig& config) {
  const auto begins = cell_begins(earlier);
  const auto last = last_cells(config);
  if (begins.size() < last || !earlier.ends_with(",,\n")) return false;  // with an error
  CsvRow row(out.text);
  row.add_fields(config.flat.carried, carried);
  if (!config.flat.carried.empty()) out.text += ',';
  out.text += earlier.substr(begins[begins.size() - last]);
  return true;
}

}  // namespace

extern const OutputFormat kCsv;
constinit const OutputFormat kCsv{.ending = ".csv",
                                  .name = "CSV",
                                  .has_fields = true,
                                  .is_flat = true,
                                  .header = header,
                                  .append_values = detail::append_task_values,
                                  .append_row = append_row,
                                  .append_again = append_again};

}  // namespace infer
