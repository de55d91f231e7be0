#include "batcher/batcher.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "batcher/packing.hpp"

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

/// Rows that are filled up rather than be another batch.
constexpr std::size_t kFreeFilling = 8;

/// How many rows of `length` fit.
std::size_t full_rows(std::uint64_t length, const BatchLimits& limits) {
  const auto by_elements = length == 0 ? limits.max_rows : limits.max_elements / length;
  return std::max<std::size_t>(1, std::min<std::size_t>(limits.max_rows, by_elements));
}

/// Numbers of rows of rounded shapes, most first. Of variable length there are many shapes already: those
/// that fit and a half of them.
std::vector<std::size_t> row_choices(std::uint64_t length, const BatchLimits& limits) {
  const auto full = full_rows(length, limits);
  const auto least = length == 0 ? 1 : std::max<std::size_t>(full / 2, 1);
  std::vector<std::size_t> choices{full};
  while (choices.back() / 2 >= least) choices.push_back(choices.back() / 2);
  return choices;
}

/// The batch under construction: what each of its rows will be padded to.
class OpenBatch {
 public:
  /// Padded length of a row once `example` is in.
  std::uint64_t length_with(const ExampleSize& example) const {
    auto length = std::max(length_, example.length);
    for (std::size_t i = 0; i < example.dims.size(); ++i) {
      length = std::max<std::uint64_t>(length, element_count(larger(i, example)));
    }
    return length;
  }

  void add(const ExampleSize& example) {
    length_ = std::max(length_, example.length);
    for (std::size_t i = 0; i < example.dims.size(); ++i) {
      auto dims = larger(i, example);
      dims_.resize(example.dims.size());
      dims_[i] = std::move(dims);
    }
  }

 private:
  Shape larger(std::size_t input, const ExampleSize& example) const {
    auto dims = example.dims[input];
    for (std::size_t d = 0; input < dims_.size() && d < dims_[input].size(); ++d)
      dims[d] = std::max(dims[d], dims_[input][d]);
    return dims;
  }

  std::uint64_t length_ = 0;
  std::vector<Shape> dims_;
};

/// How the first examples of a group, up to some number, are cut best.
struct BestCut {
  std::uint64_t cost = std::numeric_limits<std::uint64_t>::max();
  std::size_t last_begin = 0;  ///< where their last batch begins
};

/// Shortest path over the examples in their order; among equal ones, that with the smallest last batch.
std::vector<BestCut> find_cuts(std::span<const ExampleSize> sizes, std::span<const std::size_t> examples,
                               const BatchLimits& limits) {
  std::vector<BestCut> best(examples.size() + 1);
  best[0].cost = 0;
  for (std::size_t begin = 0; begin < examples.size(); ++begin) {
    OpenBatch open;
    for (std::size_t end = begin + 1; end <= examples.size() && end - begin <= limits.max_rows; ++end) {
      const auto& size = sizes[examples[end - 1]];
      const auto elements = (end - begin) * open.length_with(size);
      if (end - begin > 1 && elements > limits.max_elements) break;
      open.add(size);
      const auto cost = best[begin].cost + elements + limits.batch_cost;
      if (cost <= best[end].cost) best[end] = {cost, begin};
    }
  }
  return best;
}

/// The same for rounded shapes. A batch takes all that its rows hold: fewer would cost the same.
std::vector<BestCut> find_rounded_cuts(std::span<const ExampleSize> sizes,
                                       std::span<const std::size_t> examples, const BatchLimits& limits) {
  std::vector<BestCut> best(examples.size() + 1);
  best[0].cost = 0;
  for (std::size_t begin = 0; begin < examples.size(); ++begin) {
    if (best[begin].cost == std::numeric_limits<std::uint64_t>::max()) continue;  // no batch ends here
    const auto length = rounded_length(sizes[examples[begin]].length, limits.rounding);
    for (const auto rows : row_choices(length, limits)) {
      const auto end = std::min(begin + rows, examples.size());
      const auto cost = best[begin].cost + rows * length + limits.batch_cost;
      if (cost <= best[end].cost) best[end] = {cost, begin};
    }
  }
  return best;
}

/// Examples of one length are cut best into full batches; that is most models' only case, and quick. What is
/// left is cut further where filling it up to rounded rows would cost more than a quarter.
void cut_alike(std::uint64_t length, std::span<const std::size_t> examples, const BatchLimits& limits,
               std::vector<std::vector<std::size_t>>& batches) {
  const auto take = [&](std::size_t count) {
    const auto batch = examples.first(count);
    batches.emplace_back(batch.begin(), batch.end());
    examples = examples.subspan(count);
  };
  auto rows = full_rows(length, limits);
  while (examples.size() > rows) take(rows);
  const auto filling = [&] { return rounded_rows(examples.size(), length, limits) - examples.size(); };
  while (!examples.empty() && filling() > std::max(kFreeFilling, examples.size() / 4)) {
    while (rows > examples.size()) rows /= 2;
    take(rows);
  }
  if (!examples.empty()) take(examples.size());
}

/// `examples` are of one group, longest first.
void cut_group(std::span<const ExampleSize> sizes, std::span<const std::size_t> examples,
               const BatchLimits& limits, std::vector<std::vector<std::size_t>>& batches) {
  if (limits.packed) return detail::pack_group(sizes, examples, limits, batches);
  const auto& longest = sizes[examples.front()];
  if (longest.dims.empty() && longest.length == sizes[examples.back()].length)
    return cut_alike(rounded_length(longest.length, limits.rounding), examples, limits, batches);
  const auto find = limits.rounding.rows ? find_rounded_cuts : find_cuts;
  const auto best = find(sizes, examples, limits);
  const auto first = static_cast<std::ptrdiff_t>(batches.size());
  for (auto end = examples.size(); end > 0; end = best[end].last_begin) {
    const auto batch = examples.subspan(best[end].last_begin, end - best[end].last_begin);
    batches.emplace_back(batch.begin(), batch.end());
  }
  std::reverse(batches.begin() + first, batches.end());
}

std::vector<std::vector<std::size_t>> each_alone(std::vector<std::size_t> examples) {
  std::ranges::sort(examples);
  std::vector<std::vector<std::size_t>> batches;
  for (const auto example : examples) batches.push_back({example});
  return batches;
}

std::uint64_t padded_elements(std::span<const ExampleSize> sizes, std::span<const std::size_t> batch) {
  OpenBatch open;
  for (const auto example : batch.first(batch.size() - 1)) open.add(sizes[example]);
  return batch.size() * open.length_with(sizes[batch.back()]);
}

}  // namespace

std::uint64_t rounded_length(std::uint64_t length, const ShapeRounding& rounding) {
  const auto unit = std::max<std::uint64_t>(8, std::bit_ceil(length) / 8);
  const auto rounded = (length + unit - 1) / unit * unit;
  return std::max(length, std::min<std::uint64_t>(rounded, rounding.longest));
}

std::size_t rounded_rows(std::size_t rows, std::uint64_t length, const BatchLimits& limits) {
  if (!limits.rounding.rows || rows == 1) return rows;  // there may be no room for more than one
  auto rounded = rows;                                  // more than fit: as many as there are
  for (const auto choice : row_choices(length, limits)) {
    if (choice >= rows) rounded = choice;
  }
  return rounded;
}

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
    cut_group(sizes, rest.first(count), limits, batches);
    rest = rest.subspan(count);
  }
  return batches;
}

BatchLimits halve_limits(BatchLimits limits, std::span<const ExampleSize> sizes,
                         std::span<const std::size_t> batch) {
  INFER_ASSERT(batch.size() > 1);
  const auto elements = limits.packed ? detail::packed_elements(sizes, batch) : padded_elements(sizes, batch);
  if (elements == 0) {
    limits.max_rows = batch.size() / 2;
  } else {
    limits.max_elements = elements / 2;
  }
  return limits;
}

}  // namespace infer
