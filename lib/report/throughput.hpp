// Rows and tokens over time, in as many steps as a picture has room for, however long the run is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace infer {

/// Pure: whoever adds says what time it is. Steps double when there would be too many of them.
class Throughput {
 public:
  static constexpr std::size_t kMostSteps = 120;

  struct Step {
    std::uint64_t rows = 0;
    std::uint64_t tokens = 0;

    bool operator==(const Step&) const = default;
  };

  /// `seconds` since the beginning; never before an earlier one's step.
  void add(double seconds, std::uint64_t rows, std::uint64_t tokens);

  double step_seconds() const { return step_seconds_; }
  const std::vector<Step>& steps() const { return steps_; }

 private:
  void double_steps();

  double step_seconds_ = 0.125;
  std::vector<Step> steps_;
};

}  // namespace infer
