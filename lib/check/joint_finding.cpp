#include "check/joint_finding.hpp"

#include <algorithm>

namespace infer {
namespace {

constexpr std::size_t kShownGroups = 8;

/// Ranks that found the same.
struct Group {
  Finding finding;
  std::vector<int> ranks;
};

bool says_nothing(const Finding& finding) { return finding.verdict == Verdict::ok && finding.found.empty(); }

/// Those with this verdict.
std::vector<Group> groups_of(std::span<const Finding> ranks, Verdict verdict) {
  std::vector<Group> groups;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    if (ranks[rank].verdict != verdict || says_nothing(ranks[rank])) continue;
    auto group = std::ranges::find(groups, ranks[rank], &Group::finding);
    if (group == groups.end()) group = groups.insert(groups.end(), {ranks[rank], {}});
    group->ranks.push_back(static_cast<int>(rank));
  }
  return groups;
}

std::string text_of(const std::vector<Group>& groups, const NameRanks& name_ranks) {
  std::string text;
  for (std::size_t i = 0; i < std::min(groups.size(), kShownGroups); ++i)
    text.append(i > 0 ? "; " : "")
        .append(name_ranks(groups[i].ranks))
        .append(": ")
        .append(groups[i].finding.found);
  if (groups.size() > kShownGroups) text += "; and others";
  return text;
}

}  // namespace

Finding joint_finding(std::span<const Finding> ranks, Verdict if_different, const NameRanks& name_ranks) {
  const auto worst = std::ranges::max(ranks, {}, &Finding::verdict).verdict;
  const auto groups = groups_of(ranks, worst);
  if (groups.empty()) return {};
  const auto silent = static_cast<std::size_t>(std::ranges::count_if(ranks, says_nothing));
  const auto alike = groups[0].ranks.size() + (worst == Verdict::ok ? silent : 0);
  if (alike == ranks.size()) return groups[0].finding;
  const auto verdict = worst == Verdict::ok ? if_different : worst;
  return {verdict, text_of(groups, name_ranks), groups[0].finding.remedy};
}

}  // namespace infer
