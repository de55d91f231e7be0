#include "flags/several_outputs.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace infer::detail {
namespace {

std::size_t times_given(const GivenFlags& given, const std::string& name) {
  const auto found =
      std::ranges::find_if(given.values, [&](const auto& each) { return each.first->name == name; });
  return found == given.values.end() ? 0 : std::get<std::vector<std::string>>(found->second).size();
}

std::string times_text(std::size_t times) { return times == 1 ? "once" : std::to_string(times) + " times"; }

/// One for each model, or none.
void check_one_each(const GivenFlags& given, const std::string& name, std::size_t models) {
  const auto times = times_given(given, name);
  if (times == 0 || times == models) return;
  throw UsageError("--" + name + " is given " + times_text(times) + " and --model " + times_text(models) +
                   ": give one for each model, in the same order");
}

/// One for each model, or one for all: whether it is that.
bool is_one_for_all(const GivenFlags& given, const std::string& name, std::size_t models) {
  const auto times = times_given(given, name);
  if (times == 1 || times == models) return times == 1;
  if (times == 0) return true;
  throw UsageError("--" + name + " is given " + times_text(times) + " and --model " + times_text(models) +
                   ": give one for all models, or one for each, in the same order");
}

void check_several(const RunConfig& config) {
  const auto refuse = [](const std::string& flag, const std::string& remedy) {
    throw UsageError(flag + " with several models: " + remedy);
  };
  if (!config.output.dir.empty())
    refuse("--output-dir", "give each --model an --output, or make a run for each");
  if (config.output.start.retry_errors) refuse("--retry-errors", "give it with one --model and its --output");
  if (config.resources.pipeline_ranks > 1)
    refuse("--pipeline-ranks", "make a run for each model whose stages are to be on several ranks");
}

/// All but what is its own.
RunConfig completed(RunConfig own, const RunConfig& first, bool same_task, bool same_labels,
                    bool same_device) {
  auto whole = first;
  whole.others.clear();
  whole.model.path = std::move(own.model.path);
  if (!same_task) whole.results.task = own.results.task;
  if (!same_labels) whole.results.labels = std::move(own.results.labels);
  if (!same_device) whole.resources.device = std::move(own.resources.device);
  whole.output.path = std::move(own.output.path);
  whole.output.errors = std::move(own.output.errors);
  whole.output.report = std::move(own.output.report);
  whole.output.metrics_file = std::move(own.output.metrics_file);
  whole.output.trace.reset();
  return whole;
}

}  // namespace

void complete_others(RunConfig& config, const GivenFlags& given) {
  const auto models = times_given(given, "model");
  for (const char* name : {"output", "errors", "report", "metrics-file"}) check_one_each(given, name, models);
  const bool same_task = is_one_for_all(given, "task", models);
  const bool same_labels = is_one_for_all(given, "labels", models);
  const bool same_device = is_one_for_all(given, "device", models);
  if (config.others.empty()) return;
  check_several(config);
  for (auto& other : config.others)
    other = completed(std::move(other), config, same_task, same_labels, same_device);
  const auto has_file = [](const RunConfig& each) { return each.output.path != "-"; };
  if (!has_file(config) || !std::ranges::all_of(config.others, has_file))
    throw UsageError(
        "there are several models, and standard output takes the rows of one: give each --model an --output "
        "FILE, in the same order");
}

}  // namespace infer::detail
