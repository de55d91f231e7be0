#include "record/signature.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace infer {
namespace {

template <class Value>
using Name = std::pair<Value, std::string_view>;

constexpr std::array kTasks{Name<Task>{Task::outputs, "outputs"},
                            Name<Task>{Task::classification, "classification"},
                            Name<Task>{Task::embedding, "embedding"}, Name<Task>{Task::entities, "entities"}};

constexpr std::array kActivations{Name<Activation>{Activation::softmax, "softmax"},
                                  Name<Activation>{Activation::sigmoid, "sigmoid"},
                                  Name<Activation>{Activation::none, "none"}};

template <class Value>
std::optional<Value> value_named(std::span<const Name<Value>> names, std::string_view name) {
  const auto found = std::ranges::find(names, name, &Name<Value>::second);
  return found == names.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace

JsonPath split_json_path(std::string_view text) {
  JsonPath path;
  for (;;) {
    const auto dot = text.find('.');
    path.emplace_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return path;
    text.remove_prefix(dot + 1);
  }
}

std::string join_json_path(const JsonPath& path) {
  std::string text;
  for (const auto& key : path) text += (text.empty() ? "" : ".") + key;
  return text;
}

std::string_view task_name(Task task) { return kTasks[static_cast<std::size_t>(task)].second; }

std::optional<Task> task_from_name(std::string_view name) { return value_named<Task>(kTasks, name); }

std::string_view activation_name(Activation activation) {
  return kActivations[static_cast<std::size_t>(activation)].second;
}

std::optional<Activation> activation_from_name(std::string_view name) {
  return value_named<Activation>(kActivations, name);
}

}  // namespace infer
