#include "batcher/batcher.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace infer {
namespace {

/// Product of the dimensions that the spec leaves open.
std::uint64_t variable_length(const TensorSpec& spec, std::span<const std::int64_t> shape) {
  std::uint64_t length = 1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (spec.shape[d] == kVariableDim) length *= static_cast<std::uint64_t>(shape[d]);
  }
  return length;
}

}  // namespace

std::vector<ExampleSize> measure_examples(std::span<const TensorSpec> specs, std::span<const Column> columns,
                                          std::size_t examples) {
  std::vector<ExampleSize> sizes(examples);
  if (std::ranges::none_of(specs, &TensorSpec::has_variable_dims)) return sizes;
  std::map<Shape, std::uint64_t> groups;
  for (std::size_t e = 0; e < examples; ++e) {
    Shape unpadded;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (!specs[i].has_variable_dims()) continue;
      const auto shape = columns[i].shape(e);
      sizes[e].length = std::max(sizes[e].length, variable_length(specs[i], shape));
      if (!specs[i].pad) unpadded.insert(unpadded.end(), shape.begin(), shape.end());
    }
    sizes[e].group = groups.try_emplace(std::move(unpadded), groups.size()).first->second;
  }
  return sizes;
}

std::vector<std::vector<std::size_t>> cut_batches(std::span<const ExampleSize> sizes, const BatchLimits& limits) {
  std::vector<std::size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return std::tuple(sizes[a].group, sizes[b].length) < std::tuple(sizes[b].group, sizes[a].length);
  });

  std::vector<std::vector<std::size_t>> batches;
  for (const auto example : order) {
    const auto fits = [&](const std::vector<std::size_t>& batch) {
      const auto& longest = sizes[batch.front()];
      return longest.group == sizes[example].group && batch.size() < limits.max_rows &&
             (batch.size() + 1) * longest.length <= limits.max_elements;
    };
    if (batches.empty() || !fits(batches.back())) batches.emplace_back();
    batches.back().push_back(example);
  }
  return batches;
}

}  // namespace infer
