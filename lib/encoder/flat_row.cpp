#include "encoder/flat_row.hpp"

#include <set>
#include <utility>

#include "base/error.hpp"
#include "encoder/task_fields.hpp"
#include "record/carried_key.hpp"

namespace infer {
namespace {

void check_names(const FlatRow& row, const std::string& path) {
  std::set<std::string> names{kErrorCodeColumn, kErrorMessageColumn};
  for (const auto* fields : {&row.own, &row.carried}) {
    for (const auto& field : *fields) {
      for (const auto& name : field.columns) {
        if (names.insert(name).second) continue;
        throw UsageError("--output " + path + " would have two columns named \"" + name +
                         "\"; rename the field in the input, leave it out of --passthrough and --id-field, "
                         "or write JSON Lines (.jsonl)");
      }
    }
  }
}

}  // namespace

FlatField plain_field(const std::string& name) { return {"\"" + name + "\"", FlatKind::value, {name}}; }

FlatField spread_field(const std::string& name, FlatKind kind, const std::vector<std::string>& parts) {
  FlatField field{"\"" + name + "\"", kind, {}};
  for (const auto& part : parts) field.columns.push_back(name + "_" + part);
  return field;
}

std::vector<std::string> numbers_below(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

FlatRow flat_row(const RunConfig& config, const ResultSpec& result) {
  FlatRow row;
  for (const auto& name : carried_fields(config.input))
    row.carried.push_back({carried_key(name), FlatKind::value, {name}});
  row.own = detail::task_fields(result.task).columns(config.results, result);
  check_names(row, rows_file(config.output));
  return row;
}

void learn_columns(ResultSpec& result, std::span<const NamedTensor> outputs) {
  const auto stated = std::min(result.outputs.size(), outputs.size());
  result.outputs.resize(stated);
  for (const auto& output : outputs.subspan(stated)) result.outputs.push_back(output.name);
  if (traits(result.task).output_dims != 2) return;
  const auto& shape = outputs[0].value.shape;
  result.width = shape.size() < 2 ? 1 : static_cast<std::size_t>(shape[1]);
}

bool states_columns(const ResultSpec& result) {
  return detail::task_fields(result.task).states_columns(result);
}

}  // namespace infer
