#include "signature/result_options.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "encoder/output_format.hpp"
#include "record/carried_key.hpp"
#include "signature/labels.hpp"

namespace infer::detail {
namespace {

/// A copied field must not stand beside another, or one of the row's own, of the same name.
void check_names(Task task, const RunConfig& config) {
  if (!output_format(rows_file(config.output)).has_errors) return;
  const auto& own = traits(task).own_fields;
  std::set<std::string> copied;
  for (const auto& field : carried_fields(config.input)) {
    const auto name = carried_name(field);
    if (name == "error" || std::ranges::find(own, name) != own.end())
      throw UsageError("the field \"" + name +
                       "\" cannot be copied to the output row, which has a field of that name itself; "
                       "rename it in the input");
    if (!copied.insert(name).second)
      throw UsageError("two fields would be called \"" + name +
                       "\" in the output row; leave one of them out of --passthrough and --id-field");
  }
}

/// What a bundle calls an embedding has no classes: their numbers would be those of dimensions.
void check_task(Task wanted, Task stated) {
  if (!traits(wanted).has_classes || traits(stated).output_dims == 0) return;
  throw UsageError("--task " + std::string(task_name(wanted)) + ": the model's bundle says " +
                   std::string(task_name(stated)) +
                   "; leave --task out, or give --task outputs for its tensors as they are");
}

void check_flags(const ResultSpec& result, const RunConfig& config) {
  const auto& task = traits(result.task);
  const auto require = [&](bool TaskTraits::*trait, const std::string& flags_need) {
    if (task.*trait) return;
    throw UsageError(flags_need + " --task " + names_of_tasks(trait) + ", but the task is " +
                     std::string(task.name) + "; see --task");
  };
  if (!config.results.labels.empty()) require(&TaskTraits::has_classes, "--labels needs");
  if (config.results.top_k > 1 || config.results.all_scores || config.results.threshold)
    require(&TaskTraits::ranks_classes, "--top-k, --scores and --threshold need");
  if (config.results.per_token) require(&TaskTraits::adds_tokens, "--per-token needs");
  if (config.results.threshold && result.activation != Activation::sigmoid)
    throw UsageError(
        "--threshold needs a model of which several labels may hold (activation sigmoid in its bundle)");
  if (const auto& format = output_format(rows_file(config.output)); format.holds != nullptr)
    require(format.holds, "--output FILE" + std::string(format.ending) + " needs");
}

}  // namespace

void apply_result_options(ResultSpec& result, const RunConfig& config) {
  if (config.results.task && *config.results.task != result.task) {
    check_task(*config.results.task, result.task);
    ResultSpec other;
    other.task = *config.results.task;
    other.outputs = std::move(result.outputs);
    other.shapes = std::move(result.shapes);
    result = std::move(other);
  }
  check_flags(result, config);
  check_names(result.task, config);
  if (!config.results.labels.empty()) result.labels = read_labels(config.results.labels);
  if (config.results.threshold) result.threshold = *config.results.threshold;
  if (const auto& task = traits(result.task); task.has_places && result.labels.empty())
    throw UsageError("--task " + std::string(task.name) +
                     " needs the names of the labels: give --labels FILE, or use a bundle");
}

}  // namespace infer::detail
