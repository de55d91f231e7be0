#include "config/near_name.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace infer {

std::size_t letters_apart(std::string_view one, std::string_view other) {
  std::vector<std::vector<std::size_t>> apart(one.size() + 1, std::vector<std::size_t>(other.size() + 1));
  std::iota(apart[0].begin(), apart[0].end(), 0);
  for (std::size_t i = 1; i <= one.size(); ++i) {
    apart[i][0] = i;
    for (std::size_t k = 1; k <= other.size(); ++k) {
      const bool same = one[i - 1] == other[k - 1];
      auto& least = apart[i][k];
      least = std::min({apart[i - 1][k] + 1, apart[i][k - 1] + 1, apart[i - 1][k - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && k > 1 && one[i - 1] == other[k - 2] && one[i - 2] == other[k - 1];
      if (swapped) least = std::min(least, apart[i - 2][k - 2] + 1);
    }
  }
  return apart.back().back();
}

std::vector<std::string> near_names(std::string_view given, std::span<const std::string> known) {
  constexpr std::size_t kLeastLetters = 4;
  constexpr std::size_t kMost = 3;
  if (given.empty()) return {};
  if (std::ranges::find(known, given) != known.end()) return {};
  std::vector<std::string> within;
  const std::string* nearest = nullptr;
  constexpr std::size_t kTwoFaults = 6;  // a shorter word with two of them is mostly another one
  const auto most = std::max<std::size_t>(given.size() < kTwoFaults ? 1 : 2, given.size() / kLeastLetters);
  auto least = std::pair(most, true);
  for (const auto& name : known) {
    if (given.size() >= kLeastLetters && name.find(given) != std::string::npos) within.push_back(name);
    // Of two that are as near, the one of the same first letter: that is seldom mistyped.
    const auto apart = std::pair(letters_apart(given, name), !name.empty() && !name.starts_with(given[0]));
    if (apart.first < name.size() && (nearest == nullptr ? apart <= least : apart < least))
      nearest = &name, least = apart;
  }
  if (nearest != nullptr) return {*nearest};
  within.resize(std::min(within.size(), kMost));
  return within;
}

std::string did_you_mean(std::span<const std::string> names, std::string_view before) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : " or ").append(before).append(name);
  return text.empty() ? "" : "; did you mean " + text + "?";
}

std::string quoted_list(std::span<const std::string> names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "\"" : ", \"") + name + "\"";
  return text.empty() ? "none" : text;
}

}  // namespace infer
