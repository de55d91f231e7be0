#include "decoder/carried_fields.hpp"

#include <algorithm>

#include "record/carried_key.hpp"

namespace infer::detail {

CarriedFields::CarriedFields(const std::vector<std::string>& names)
    : values_(names.size()), rewritten_(names.size()) {
  for (const auto& name : names) keys_.push_back(carried_key(name) + ':');
}

void CarriedFields::begin_record() { std::ranges::fill(values_, std::string_view()); }

/// With null for each literal. No JSON has an N or an I outside of strings.
std::string_view CarriedFields::as_json(std::string_view text, std::string& rewritten) {
  if (text.find_first_of("NI") == std::string_view::npos) return text;
  rewritten.clear();
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_literal = !in_string && (text[i] == 'N' || text[i] == 'I');
    if (is_literal) {
      if (rewritten.ends_with('-')) rewritten.pop_back();
      rewritten += "null";
      i = std::min(text.find_first_of(" \t\r\n,]}", i), text.size()) - 1;
      continue;
    }
    if (in_string && text[i] == '\\') {  // an escaped quote ends no string
      rewritten.append(text, i++, 2);
      continue;
    }
    if (text[i] == '"') in_string = !in_string;
    rewritten += text[i];
  }
  return rewritten;
}

namespace {

/// A list or a truth value: nothing in it must be escaped.
bool is_other_value(std::string_view cell) {
  return cell.starts_with('[') || cell == "true" || cell == "false";
}

}  // namespace

void CarriedFields::append(RowTable& table, Row& row, bool are_cells) const {
  auto& text = table.carried;
  row.carried_begin = text.size();
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].empty()) continue;
    if (text.size() > row.carried_begin) text += ',';
    text += keys_[i];
    const std::string_view quote = are_cells && is_other_value(values_[i]) ? "\"" : "";
    text.append(quote).append(values_[i]).append(quote);
  }
  row.carried_size = text.size() - row.carried_begin;
}

}  // namespace infer::detail
