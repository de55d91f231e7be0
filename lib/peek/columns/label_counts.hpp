// How often each label of a field occurs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace infer {

struct LabelCount {
  std::string label;
  std::uint64_t count = 0;

  bool operator==(const LabelCount&) const = default;
};

/// Thread-compatible.
class LabelCounts {
 public:
  static constexpr std::size_t kMostLabels = 10'000;  ///< that are told apart, the first ones
  static constexpr std::size_t kMostBytes = 256;      ///< of a label that count: what follows is cut off

  void add(std::string_view label);

  std::uint64_t total() const { return total_; }
  std::uint64_t others() const {
    return others_;
  }  ///< of these, of labels that came too late to be told apart
  std::size_t labels() const { return counts_.size(); }
  /// The most frequent first; of equally frequent ones by their bytes.
  std::vector<LabelCount> most_frequent(std::size_t most) const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>> counts_;
  std::uint64_t total_ = 0;
  std::uint64_t others_ = 0;
};

}  // namespace infer
