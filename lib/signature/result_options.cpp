#include "signature/result_options.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "signature/labels.hpp"

namespace infer::detail {
namespace {

std::vector<std::string> own_fields(Task task) {
  switch (task) {
    case Task::classification: return {"label", "score", "labels", "scores", "top_k", "error"};
    case Task::embedding: return {"embedding", "error"};
    case Task::entities: return {"entities", "error"};
    case Task::outputs: break;
  }
  return {"outputs", "error"};
}

/// A copied field must not stand beside one of the row's own fields of the same name.
void check_names(Task task, const RunConfig& config) {
  const auto own = own_fields(task);
  auto copied = config.passthrough;
  copied.push_back(config.id_field);
  for (const auto& name : copied) {
    if (config.array || std::ranges::find(own, name) == own.end()) continue;
    throw UsageError("the field \"" + name +
                     "\" cannot be copied to the output row, which has a field of that name itself; "
                     "rename it in the input");
  }
}

/// What a bundle calls an embedding has no classes: their numbers would be those of dimensions.
void check_task(Task wanted, Task stated) {
  const bool needs_classes = wanted == Task::classification || wanted == Task::entities;
  if (!needs_classes || stated == Task::outputs) return;
  throw UsageError("--task " + std::string(task_name(wanted)) + ": the model's bundle says " +
                   std::string(task_name(stated)) +
                   "; leave --task out, or give --task outputs for its tensors as they are");
}

void check_flags(const ResultSpec& result, const RunConfig& config) {
  const auto refuse = [&](const char* flags, const char* tasks) {
    throw UsageError(std::string(flags) + " need" + tasks + ", but the task is " +
                     std::string(task_name(result.task)) + "; see --task");
  };
  const bool classifies = result.task == Task::classification;
  if (!config.labels.empty() && !classifies && result.task != Task::entities)
    refuse("--labels", "s --task classification or entities");
  if ((config.top_k > 1 || config.all_scores || config.threshold) && !classifies)
    refuse("--top-k, --scores and --threshold", " --task classification");
  if (config.threshold && result.activation != Activation::sigmoid)
    throw UsageError(
        "--threshold needs a model of which several labels may hold (activation sigmoid in its bundle)");
  if (config.array && result.task != Task::embedding) refuse("--output FILE.npy", "s --task embedding");
}

}  // namespace

void apply_result_options(ResultSpec& result, const RunConfig& config) {
  if (config.task && *config.task != result.task) {
    check_task(*config.task, result.task);
    ResultSpec other;
    other.task = *config.task;
    other.outputs = std::move(result.outputs);
    other.shapes = std::move(result.shapes);
    result = std::move(other);
  }
  check_flags(result, config);
  check_names(result.task, config);
  if (!config.labels.empty()) result.labels = read_labels(config.labels);
  if (config.threshold) result.threshold = *config.threshold;
  if (result.task == Task::entities && result.labels.empty())
    throw UsageError("--task entities needs the names of the labels: give --labels FILE, or use a bundle");
}

}  // namespace infer::detail
