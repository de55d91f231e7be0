#include "report/throughput.hpp"

#include <algorithm>

namespace infer {

void Throughput::add(double seconds, std::uint64_t rows, std::uint64_t tokens) {
  const auto place = [&] { return static_cast<std::size_t>(std::max(0.0, seconds) / step_seconds_); };
  while (place() >= kMostSteps) double_steps();
  if (place() >= steps_.size()) steps_.resize(place() + 1);
  auto& step = steps_[place()];
  step.rows += rows;
  step.tokens += tokens;
}

void Throughput::double_steps() {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (i % 2 == 0) {
      steps_[i / 2] = steps_[i];
    } else {
      steps_[i / 2].rows += steps_[i].rows;
      steps_[i / 2].tokens += steps_[i].tokens;
    }
  }
  steps_.resize((steps_.size() + 1) / 2);
  step_seconds_ *= 2;
}

}  // namespace infer
