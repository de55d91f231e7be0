#include "batcher/padding.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "batcher/rounding.hpp"

namespace infer::detail {
namespace {

/// Rows that are filled up rather than be another batch.
constexpr std::size_t kFreeFilling = 8;

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

}  // namespace

std::uint64_t padded_elements(std::span<const ExampleSize> sizes, std::span<const std::size_t> batch) {
  OpenBatch open;
  for (const auto example : batch.first(batch.size() - 1)) open.add(sizes[example]);
  return batch.size() * open.length_with(sizes[batch.back()]);
}

void pad_group(std::span<const ExampleSize> sizes, std::span<const std::size_t> examples,
               const BatchLimits& limits, std::vector<std::vector<std::size_t>>& batches) {
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

}  // namespace infer::detail
