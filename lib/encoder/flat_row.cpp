#include "encoder/flat_row.hpp"

#include <set>
#include <utility>

#include "base/error.hpp"
#include "json/json_text.hpp"
#include "record/carried_key.hpp"

namespace infer {
namespace {

FlatField plain(const std::string& name) { return {"\"" + name + "\"", FlatKind::value, {name}}; }

FlatField spread(const std::string& name, FlatKind kind, const std::vector<std::string>& parts) {
  FlatField field{"\"" + name + "\"", kind, {}};
  for (const auto& part : parts) field.columns.push_back(name + "_" + part);
  return field;
}

std::vector<std::string> numbers_below(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

/// As append_task_fields() writes them.
std::vector<FlatField> class_fields(const ResultOptions& options, const ResultSpec& result) {
  const auto& labels = result.labels;
  const auto classes = labels.empty() ? result.width : labels.size();
  if (classes == 1) return {plain("score")};
  const auto all = spread("scores", FlatKind::members, labels.empty() ? numbers_below(classes) : labels);
  if (result.activation == Activation::none) return {all};
  auto fields = result.activation == Activation::sigmoid ? std::vector{plain("labels")}
                                                         : std::vector{plain("label"), plain("score")};
  if (options.top_k > 1) fields.push_back(plain("top_k"));
  if (options.all_scores) fields.push_back(all);
  return fields;
}

std::vector<FlatField> own_fields(const ResultOptions& options, const ResultSpec& result) {
  switch (result.task) {
    case Task::classification: return class_fields(options, result);
    case Task::embedding: return {spread("embedding", FlatKind::items, numbers_below(result.width))};
    case Task::entities: return {plain("entities")};
    case Task::outputs: break;
  }
  return {spread("outputs", FlatKind::members, result.outputs)};
}

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

FlatRow flat_row(const RunConfig& config, const ResultSpec& result) {
  FlatRow row;
  for (const auto& name : carried_fields(config.input))
    row.carried.push_back({carried_key(name), FlatKind::value, {name}});
  row.own = own_fields(config.results, result);
  check_names(row, config.output.path);
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
  switch (result.task) {
    case Task::classification: return !result.labels.empty() || result.width > 0;
    case Task::embedding: return result.width > 0;
    case Task::entities: return true;
    case Task::outputs: break;
  }
  return !result.outputs.empty();
}

}  // namespace infer
