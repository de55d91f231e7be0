#include "encoder/json_lines.hpp"

#include <algorithm>

#include "encoder/task_fields.hpp"
#include "json/json_members.hpp"
#include "json/json_text.hpp"

namespace infer {
namespace {

void append_row(StampedText& out, const RowParts& row, const RowConfig& /*config*/) {
  auto& text = out.text;
  text += '{';
  text += row.carried;
  if (!row.carried.empty() && !row.values.empty()) text += ',';
  text += row.values;
  if (row.failure != nullptr) {
    if (!row.carried.empty() || !row.values.empty()) text += ',';
    text += "\"error\":{";
    detail::append_failure(out, *row.failure);
    text += '}';
  }
  text += "}\n";
}

/// `key` with its quotes.
bool is_own(std::string_view key, const ResultSpec& result) {
  const auto name = key.substr(1, key.size() - 2);
  return std::ranges::count(traits(result.task).own_fields, name) > 0;
}

/// What the task gave: the row's last fields, behind all that was copied.
std::string_view values_of(std::string_view row, const ResultSpec& result) {
  if (!row.starts_with('{') || !row.ends_with("}\n")) return {};
  auto rest = row.substr(1, row.size() - 3);
  while (!rest.empty()) {
    const auto values = rest;
    if (is_own(take_json_member(rest).key, result)) return values;
  }
  return {};
}

bool append_again(StampedText& out, std::string_view carried, std::string_view earlier,
                  const RowConfig& config) {
  const auto values = values_of(earlier, config.result);
  if (values.empty()) return false;
  append_row(out, {carried, values}, config);
  return true;
}

}  // namespace

namespace detail {

void append_failure(StampedText& out, const RowFailure& failure) {
  auto& text = out.text;
  text += "\"code\":\"";
  text += error_code_name(failure.error.code);
  text += "\",\"message\":";
  append_json_string(text, failure.error.message);
  text += ",\"file\":";
  append_json_string(text, failure.file);
  text += ",\"line\":";
  out.stamps.push_back({text.size(), failure.row.line});
  text += ",\"offset\":";
  append_number(text, failure.row.offset);
}

}  // namespace detail

extern const OutputFormat kJsonLines;
constinit const OutputFormat kJsonLines{.has_fields = true,
                                        .has_errors = true,
                                        .append_values = detail::append_task_values,
                                        .append_row = append_row,
                                        .append_again = append_again};

}  // namespace infer
