#include "check/checklist.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/message.hpp"
#include "check/joint_finding.hpp"
#include "comm/agreement.hpp"
#include "comm/waiting.hpp"
#include "start/setup_timeout.hpp"

namespace infer {

Finding finding_by(const Checklist::Look& look) {
  try {
    return look();
  } catch (const std::exception& error) {
    return failure(error);
  }
}

void Checklist::everywhere(const std::string& name, const Look& look, Verdict if_different,
                           const std::string& remedy) {
  const auto own = as_text(to_message(finding_by(look)));
  std::vector<Finding> all;
  for (const auto& message : collect(channel_, own, Deadline(kSetupTimeout)))
    all.push_back(from_message<Finding>(as_byte_view(message)));
  if (all.empty()) return;  // not rank 0
  auto finding = joint_finding(
      all, if_different, [this](const std::vector<int>& ranks) { return describe_ranks(channel_, ranks); });
  const bool differs = finding.verdict > std::ranges::max(all, {}, &Finding::verdict).verdict;
  if (differs) finding.remedy = remedy;
  add(name, std::move(finding));
}

void Checklist::on_root(const std::string& name, const Look& look) {
  if (channel_.rank() == 0) add(name, finding_by(look));
}

Verdict Checklist::worst() {
  const auto digit = static_cast<char>('0' + static_cast<int>(worst_));
  const auto text = broadcast(channel_, std::string(1, digit), Deadline(kSetupTimeout));
  return static_cast<Verdict>(text.at(0) - '0');
}

void Checklist::add(const std::string& name, Finding finding) {
  worst_ = std::max(worst_, finding.verdict);
  on_line_({name, std::move(finding)});
}

}  // namespace infer
