#include "record/signature.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace infer {
namespace {

using ActivationName = std::pair<Activation, std::string_view>;

constexpr std::array kActivations{ActivationName{Activation::softmax, "softmax"},
                                  ActivationName{Activation::sigmoid, "sigmoid"},
                                  ActivationName{Activation::none, "none"}};

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

std::string_view activation_name(Activation activation) {
  return kActivations[static_cast<std::size_t>(activation)].second;
}

std::optional<Activation> activation_from_name(std::string_view name) {
  const auto* const found = std::ranges::find(kActivations, name, &ActivationName::second);
  return found == kActivations.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace infer
