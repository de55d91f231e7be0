#include "peek/columns/label_counts.hpp"

#include <algorithm>

namespace infer {

void LabelCounts::add(std::string_view label) {
  label = label.substr(0, kMostBytes);
  ++total_;
  if (const auto known = counts_.find(label); known != counts_.end()) {
    ++known->second;
  } else if (counts_.size() < kMostLabels) {
    counts_.emplace(label, 1);
  } else {
    ++others_;
  }
}

std::vector<LabelCount> LabelCounts::most_frequent(std::size_t most) const {
  std::vector<LabelCount> labels;
  labels.reserve(counts_.size());
  for (const auto& [label, count] : counts_) labels.push_back({label, count});
  std::ranges::sort(labels, [](const LabelCount& one, const LabelCount& other) {
    return one.count != other.count ? one.count > other.count : one.label < other.label;
  });
  labels.resize(std::min(most, labels.size()));
  return labels;
}

}  // namespace infer
