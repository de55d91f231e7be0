#include "batcher/batcher.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "batcher/packing.hpp"
#include "batcher/padding.hpp"

namespace infer {
namespace {

/// The dimensions that the spec leaves open.
Shape variable_dims(const TensorSpec& spec, std::span<const std::int64_t> shape) {
  Shape dims;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (spec.shape[d] == kVariableDim) dims.push_back(shape[d]);
  }
  return dims;
}

std::vector<std::vector<std::size_t>> each_alone(std::vector<std::size_t> examples) {
  std::ranges::sort(examples);
  std::vector<std::vector<std::size_t>> batches;
  for (const auto example : examples) batches.push_back({example});
  return batches;
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
      const auto open = variable_dims(specs[i], shape);
      sizes[e].length = std::max<std::uint64_t>(sizes[e].length, element_count(open));
      if (open.size() > 1) sizes[e].dims.push_back(open);
      if (!specs[i].pad) unpadded.insert(unpadded.end(), shape.begin(), shape.end());
    }
    sizes[e].group = groups.try_emplace(std::move(unpadded), groups.size()).first->second;
  }
  return sizes;
}

std::vector<std::vector<std::size_t>> cut_batches(std::span<const ExampleSize> sizes,
                                                  const BatchLimits& limits) {
  std::vector<std::size_t> all(sizes.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return cut_batches(sizes, std::move(all), limits);
}

std::vector<std::vector<std::size_t>> cut_batches(std::span<const ExampleSize> sizes,
                                                  std::vector<std::size_t> examples,
                                                  const BatchLimits& limits) {
  if (limits.one_by_one) return each_alone(std::move(examples));
  std::ranges::stable_sort(examples, [&](std::size_t a, std::size_t b) {
    return std::tuple(sizes[a].group, sizes[b].length) < std::tuple(sizes[b].group, sizes[a].length);
  });

  std::vector<std::vector<std::size_t>> batches;
  for (auto rest = std::span<const std::size_t>(examples); !rest.empty();) {
    const auto group = sizes[rest.front()].group;
    const auto end = std::ranges::find_if(rest, [&](std::size_t e) { return sizes[e].group != group; });
    const auto count = static_cast<std::size_t>(end - rest.begin());
    const auto add = limits.packed ? detail::pack_group : detail::pad_group;
    add(sizes, rest.first(count), limits, batches);
    rest = rest.subspan(count);
  }
  return batches;
}

BatchLimits halve_limits(BatchLimits limits, std::span<const ExampleSize> sizes,
                         std::span<const std::size_t> batch) {
  INFER_ASSERT(batch.size() > 1);
  const auto elements =
      limits.packed ? detail::packed_elements(sizes, batch) : detail::padded_elements(sizes, batch);
  if (elements == 0) {
    limits.max_rows = batch.size() / 2;
  } else {
    limits.max_elements = elements / 2;
  }
  return limits;
}

}  // namespace infer
