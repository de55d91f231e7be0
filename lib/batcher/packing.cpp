#include "batcher/packing.hpp"

#include <algorithm>
#include <utility>

namespace infer::detail {
namespace {

struct OpenBatch {
  std::vector<std::size_t> examples;
  std::uint64_t elements = 0;

  bool has_room(std::uint64_t length, const BatchLimits& limits) const {
    return examples.size() < limits.max_rows && elements + length <= limits.max_elements;
  }

  void add(std::size_t example, std::uint64_t length) {
    examples.push_back(example);
    elements += length;
  }
};

}  // namespace

std::uint64_t packed_elements(std::span<const ExampleSize> sizes, std::span<const std::size_t> examples) {
  std::uint64_t elements = 0;
  for (const auto example : examples) elements += sizes[example].length;
  return elements;
}

void pack_group(std::span<const ExampleSize> sizes, std::span<const std::size_t> examples,
                const BatchLimits& limits, std::vector<std::vector<std::size_t>>& batches) {
  std::vector<OpenBatch> open;
  for (const auto example : examples) {
    const auto length = sizes[example].length;
    const auto found =
        std::ranges::find_if(open, [&](const auto& batch) { return batch.has_room(length, limits); });
    (found == open.end() ? open.emplace_back() : *found).add(example, length);
  }
  for (auto& batch : open) batches.push_back(std::move(batch.examples));
}

}  // namespace infer::detail
