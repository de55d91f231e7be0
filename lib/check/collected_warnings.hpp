// An observer for a start that is no run's: its warnings are kept, and all else is of no interest.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "start/observer.hpp"

namespace infer {

class CollectedWarnings final : public RunObserver {
 public:
  void started(const std::vector<RunHeader>& /*headers*/) override {}
  void progressed(const RunProgress& /*progress*/) override {}
  void finished(const RunSummary& /*summary*/) override {}
  void notice(const std::string& /*text*/) override {}
  void warning(int /*rank*/, const std::string& text) override { warnings_.push_back(text); }

  std::vector<std::string> take() { return std::exchange(warnings_, {}); }

 private:
  std::vector<std::string> warnings_;
};

}  // namespace infer
