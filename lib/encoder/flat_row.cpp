#include "encoder/flat_row.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "encoder/task_fields.hpp"
#include "encoder/typed_columns.hpp"
#include "json/json_members.hpp"
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

FlatField plain_field(const std::string& name, ColumnKind kind) {
  return {"\"" + name + "\"", FlatKind::value, {name}, {{kind}}};
}

FlatField spread_field(const std::string& name, FlatKind kind, const std::vector<std::string>& parts,
                       const FlatType& type) {
  FlatField field{"\"" + name + "\"", kind, {}, std::vector(parts.size(), type)};
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
  const auto carried = carried_fields(config.input);
  for (std::size_t i = 0; i < carried.size(); ++i) {
    const auto kind = i < result.carried.size() ? result.carried[i] : ColumnKind::json;
    row.carried.push_back({carried_key(carried[i]), FlatKind::value, {carried_name(carried[i])}, {{kind}}});
  }
  row.own = detail::task_fields(result.task).columns(config.results, result);
  check_names(row, rows_file(config.output));
  return row;
}

void learn_columns(ResultSpec& result, std::span<const NamedTensor> outputs) {
  const auto stated = std::min(result.outputs.size(), outputs.size());
  result.outputs.resize(stated);
  for (const auto& output : outputs.subspan(stated)) result.outputs.push_back(output.name);
  result.given.clear();
  for (const auto& output : outputs) {
    const auto dims = std::max<std::size_t>(output.value.shape.size(), 1) - 1;
    result.given.push_back({output.value.dtype, checked_cast<std::uint8_t>(dims)});
  }
  if (const auto& task = traits(result.task); !task.is_vector && !task.ranks_classes) return;
  const auto& shape = outputs[0].value.shape;
  result.width = shape.size() < 2 ? 1 : static_cast<std::size_t>(shape[1]);
}

void learn_carried(ResultSpec& result, const RowTable& sample, const std::vector<std::string>& names) {
  std::vector<std::optional<ColumnKind>> kinds(names.size());
  for (const auto& row : sample.rows) {
    for (auto carried = sample.carried_of(row); !carried.empty();) {
      const auto member = take_json_member(carried);
      const auto is_it = [&](const std::string& name) { return carried_key(name) == member.key; };
      const auto field = static_cast<std::size_t>(std::ranges::find_if(names, is_it) - names.begin());
      kinds.at(field) = joint_kind(kinds[field], member.value);
    }
  }
  result.carried.clear();
  for (const auto& kind : kinds) result.carried.push_back(kind.value_or(ColumnKind::json));
}

bool states_columns(const ResultSpec& result) {
  return detail::task_fields(result.task).states_columns(result);
}

}  // namespace infer
