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
  JsonPath path(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '.' || text[i + 1] == '\\');
    if (text[i] == '.') {
      path.emplace_back();
    } else {
      if (is_escape) ++i;
      path.back() += text[i];
    }
  }
  return path;
}

std::string join_json_path(const JsonPath& path) {
  std::string text;
  for (const auto& key : path) {
    if (!text.empty()) text += '.';
    for (std::size_t i = 0; i < key.size(); ++i) {
      const bool is_last = i + 1 == key.size();
      if (key[i] == '.' || (key[i] == '\\' && (is_last || key[i + 1] == '.' || key[i + 1] == '\\')))
        text += '\\';
      text += key[i];
    }
  }
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
