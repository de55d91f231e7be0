#include "encoder/json_lines.hpp"

#include "encoder/task_fields.hpp"
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
                                        .append_row = append_row};

}  // namespace infer
