#include "record/task.hpp"

#include <algorithm>

namespace infer {

std::optional<Task> task_from_name(std::string_view name) {
  const auto* const found = std::ranges::find(kTasks, name, &TaskTraits::name);
  return found == kTasks.end() ? std::nullopt : std::optional(found->task);
}

std::string names_of_tasks(bool TaskTraits::*trait) {
  std::string names;
  for (const auto& task : kTasks) {
    if (!(task.*trait)) continue;
    names.append(names.empty() ? "" : " or ").append(task.name);
  }
  return names;
}

}  // namespace infer
