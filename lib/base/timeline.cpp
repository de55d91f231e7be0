#include "base/timeline.hpp"

#include <utility>

namespace infer {

void Timeline::Lane::add(const Span& span) {
  if (!is_on() || timeline_.spans_.fetch_add(1) >= timeline_.max_spans_) return;
  std::lock_guard lock(mutex_);
  spans_.push_back(span);
}

std::vector<Span> Timeline::Lane::spans() const {
  std::lock_guard lock(mutex_);
  return spans_;
}

Timeline::Lane& Timeline::lane(std::string name) {
  std::lock_guard lock(mutex_);
  return lanes_.emplace_back(*this, std::move(name));
}

std::vector<const Timeline::Lane*> Timeline::lanes() const {
  std::lock_guard lock(mutex_);
  std::vector<const Lane*> all;
  for (const auto& lane : lanes_) all.push_back(&lane);
  return all;
}

}  // namespace infer
