// The lines of a check, of all ranks: each is told on rank 0 as soon as it is known.
#pragma once

#include <functional>
#include <string>

#include "check/check_line.hpp"
#include "comm/channel.hpp"

namespace infer {

/// Main thread only. All ranks make the same calls, whatever they find: what a look throws is a finding.
class Checklist {
 public:
  using Look = std::function<Finding()>;
  using OnLine = std::function<void(const CheckLine&)>;

  Checklist(Channel& channel, OnLine on_line) : channel_(channel), on_line_(std::move(on_line)) {}

  /// Collective. Every rank looks, and all findings are one line. `if_different`: as joint_finding() has it,
  /// with the `remedy`.
  void everywhere(const std::string& name, const Look& look, Verdict if_different = Verdict::ok,
                  const std::string& remedy = "");
  /// Not collective: other ranks go on at once.
  void on_root(const std::string& name, const Look& look);

  /// Collective: of all lines so far.
  Verdict worst();

 private:
  void add(const std::string& name, Finding finding);

  Channel& channel_;
  OnLine on_line_;
  Verdict worst_ = Verdict::ok;
};

/// What it finds, or what it throws.
Finding finding_by(const Checklist::Look& look);

}  // namespace infer
