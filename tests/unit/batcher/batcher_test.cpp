#include "batcher/batcher.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>

using namespace infer;

namespace {

using Batches = std::vector<std::vector<std::size_t>>;

std::vector<ExampleSize> of_lengths(const std::vector<std::uint64_t>& lengths) {
  std::vector<ExampleSize> sizes;
  for (const auto length : lengths) sizes.push_back({length, 0});
  return sizes;
}

Column column_of(const std::vector<Shape>& shapes, std::size_t rank) {
  Column column;
  column.rank = rank;
  for (const auto& shape : shapes) {
    column.begins.push_back(column.values.size());
    column.values.resize(column.values.size() + element_count(shape) * 8);
    column.dims.insert(column.dims.end(), shape.begin(), shape.end());
  }
  return column;
}

TensorSpec spec_of(const Shape& shape, std::optional<double> pad = {}) {
  return {"x", DType::int64, shape, {}, pad};
}

std::vector<std::uint64_t> lengths(const std::vector<ExampleSize>& sizes) {
  std::vector<std::uint64_t> all;
  for (const auto& size : sizes) all.push_back(size.length);
  return all;
}

std::vector<std::uint64_t> groups(const std::vector<ExampleSize>& sizes) {
  std::vector<std::uint64_t> all;
  for (const auto& size : sizes) all.push_back(size.group);
  return all;
}

}  // namespace

TEST_CASE("batcher: no examples make no batches") { CHECK(cut_batches({}, {}).empty()); }

TEST_CASE("batcher: fixed shapes batch by rows, in input order") {
  CHECK(cut_batches(of_lengths({0, 0, 0, 0, 0}), {2, 1}) == Batches{{0, 1}, {2, 3}, {4}});
}

TEST_CASE("batcher: longest first, input order among equals") {
  CHECK(cut_batches(of_lengths({3, 9, 5, 9, 5}), {10, 1000}) == Batches{{1, 3, 2, 4, 0}});
}

TEST_CASE("batcher: no batch exceeds max_elements, padding counted") {
  CHECK(cut_batches(of_lengths({3, 9, 5, 9}), {10, 18}) == Batches{{1, 3}, {2, 0}});
  CHECK(cut_batches(of_lengths({10, 10, 1}), {10, 20}) == Batches{{0, 1}, {2}});
  CHECK(cut_batches(of_lengths({10, 9, 9}), {10, 29}) == Batches{{0}, {1, 2}});
  CHECK(cut_batches(of_lengths({10, 1, 1}), {10, 30}) == Batches{{0, 1, 2}});
}

TEST_CASE("batcher: of as many batches, those with the least padding") {
  CHECK(cut_batches(of_lengths({10, 1, 1}), {10, 29}) == Batches{{0}, {1, 2}});
  CHECK(cut_batches(of_lengths({8, 8, 7, 3, 3, 3}), {10, 24}) == Batches{{0, 1, 2}, {3, 4, 5}});
}

TEST_CASE("batcher: a batch more is made where it saves more padding than it costs") {
  const auto sizes = of_lengths({20, 20, 4, 4, 4});  // together 48 elements are padding
  CHECK(cut_batches(sizes, {10, 1000, 49}) == Batches{{0, 1, 2, 3, 4}});
  CHECK(cut_batches(sizes, {10, 1000, 47}) == Batches{{0, 1}, {2, 3, 4}});
}

TEST_CASE("batcher: no other way to cut costs less") {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint64_t> lengths(1 + random() % 9);
    const auto shortest = random() % 4;
    const auto spread = random() % 3 == 0 ? 1UL : 20UL;  // 1: all alike
    for (auto& length : lengths) length = shortest + random() % spread;
    std::ranges::sort(lengths, std::greater());
    const BatchLimits limits{1 + random() % 5, 1 + random() % 60, random() % 40};
    const auto cost_of = [&](const Batches& batches) {
      std::uint64_t cost = 0;
      for (const auto& batch : batches) cost += batch.size() * lengths[batch.front()] + limits.batch_cost;
      return cost;
    };
    auto least = std::numeric_limits<std::uint64_t>::max();
    for (std::uint32_t cuts = 0; cuts < 1U << (lengths.size() - 1); ++cuts) {  // bit i: a cut behind row i
      Batches batches(1);
      for (std::size_t row = 0; row < lengths.size(); ++row) {
        batches.back().push_back(row);
        if ((cuts >> row & 1U) != 0) batches.emplace_back();
      }
      const bool allowed = std::ranges::all_of(batches, [&](const auto& batch) {
        return batch.size() == 1 || (batch.size() <= limits.max_rows &&
                                     batch.size() * lengths[batch.front()] <= limits.max_elements);
      });
      if (allowed) least = std::min(least, cost_of(batches));
    }
    CHECK(cost_of(cut_batches(of_lengths(lengths), limits)) == least);
  }
}

TEST_CASE("batcher: never more than max_rows, however short") {
  CHECK(cut_batches(of_lengths({1, 1, 1, 1, 1}), {2, 1000}) == Batches{{0, 1}, {2, 3}, {4}});
}

TEST_CASE("batcher: an example longer than the budget is a batch of its own") {
  CHECK(cut_batches(of_lengths({2, 9, 2}), {10, 4}) == Batches{{1}, {0, 2}});
  CHECK(cut_batches(of_lengths({9, 9}), {10, 4}) == Batches{{0}, {1}});
}

TEST_CASE("batcher: examples of length 0 fill up a batch by rows") {
  CHECK(cut_batches(of_lengths({0, 4, 0}), {2, 8}) == Batches{{1}, {0, 2}});
  CHECK(cut_batches(of_lengths({0, 0, 0}), {2, 8}) == Batches{{0, 1}, {2}});
}

TEST_CASE("batcher: groups never share a batch") {
  const std::vector<ExampleSize> sizes{{1, 0}, {5, 1}, {7, 0}, {5, 1}};
  CHECK(cut_batches(sizes, {10, 1000}) == Batches{{2, 0}, {1, 3}});
}

TEST_CASE("batcher: whatever the lengths, every example is in one batch and every batch keeps the limits") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<ExampleSize> sizes(random() % 60);
    for (auto& size : sizes) size = {random() % 40, random() % 3};
    const BatchLimits limits{1 + random() % 8, 1 + random() % 100};
    std::vector<std::size_t> seen;
    for (const auto& batch : cut_batches(sizes, limits)) {
      REQUIRE_FALSE(batch.empty());
      CHECK(batch.size() <= limits.max_rows);
      std::uint64_t longest = 0;
      for (const auto example : batch) {
        longest = std::max(longest, sizes[example].length);
        CHECK(sizes[example].group == sizes[batch[0]].group);
        seen.push_back(example);
      }
      if (batch.size() > 1) CHECK(batch.size() * longest <= limits.max_elements);
    }
    std::ranges::sort(seen);
    std::vector<std::size_t> all(sizes.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    CHECK(seen == all);
  }
}

TEST_CASE("batcher: fixed shapes have no length and one group") {
  const std::vector<TensorSpec> specs{spec_of({3})};
  const std::vector<Column> columns{column_of({{3}, {3}}, 1)};
  const auto sizes = measure_examples(specs, columns, 2);
  CHECK(lengths(sizes) == std::vector<std::uint64_t>{0, 0});
  CHECK(groups(sizes) == std::vector<std::uint64_t>{0, 0});
}

TEST_CASE("batcher: the length is that of the longest variable input; fixed dimensions do not count") {
  const std::vector<TensorSpec> specs{spec_of({kVariableDim}, 0.0), spec_of({kVariableDim, 4}, 0.0),
                                      spec_of({100})};
  const std::vector<Column> columns{column_of({{5}, {1}, {0}}, 1), column_of({{2, 4}, {3, 4}, {0, 4}}, 2),
                                    column_of({{100}, {100}, {100}}, 1)};
  const auto sizes = measure_examples(specs, columns, 3);
  CHECK(lengths(sizes) == std::vector<std::uint64_t>{5, 3, 0});
  CHECK(groups(sizes) == std::vector<std::uint64_t>{0, 0, 0});
}

TEST_CASE("batcher: without a pad value only equal shapes share a group, numbered as they come") {
  const std::vector<TensorSpec> specs{spec_of({kVariableDim}), spec_of({kVariableDim}, 0.0)};
  const std::vector<Column> columns{column_of({{2}, {3}, {2}, {3}}, 1), column_of({{9}, {8}, {7}, {6}}, 1)};
  CHECK(groups(measure_examples(specs, columns, 4)) == std::vector<std::uint64_t>{0, 1, 0, 1});
}

TEST_CASE("batcher: with two variable dimensions the budget holds for the padded batch") {
  const std::vector<TensorSpec> specs{spec_of({kVariableDim, kVariableDim}, 0.0)};
  const std::vector<Column> columns{column_of({{1, 100}, {100, 1}, {10, 10}}, 2)};
  const BatchLimits limits{16, 400};
  for (const auto& batch : cut_batches(measure_examples(specs, columns, 3), limits)) {
    const auto padded = element_count(collate(specs, columns, batch)[0].shape);
    INFO("batch of " << batch.size());
    if (batch.size() > 1) CHECK(padded <= limits.max_elements);
  }
}

TEST_CASE("batcher: a batch cut again by its own limits comes back as it is, by tighter ones in order") {
  const auto sizes = of_lengths({3, 9, 5, 9, 1, 7});
  for (const auto& batch : cut_batches(sizes, {4, 27})) {
    CHECK(cut_batches(sizes, batch, {4, 27}) == Batches{batch});
  }
  CHECK(cut_batches(sizes, {1, 3, 5}, {4, 18}) == Batches{{1, 3}, {5}});
}

TEST_CASE("batcher: halved limits no longer take the batch, by elements where lengths vary, else by rows") {
  const auto varying = of_lengths({5, 9, 2});
  const std::vector<std::size_t> all{1, 0, 2};
  CHECK(halve_limits({8, 1000}, varying, all) == BatchLimits{8, 13});
  CHECK(cut_batches(varying, all, {8, 13}) == Batches{{1}, {0, 2}});
  CHECK(halve_limits({8, 1000}, of_lengths({0, 0, 0}), all) == BatchLimits{1, 1000});

  std::vector<ExampleSize> images{{6, 0, {{2, 3}}}, {6, 0, {{3, 2}}}};  // padded to 3 × 3
  CHECK(halve_limits({8, 1000}, images, std::vector<std::size_t>{0, 1}) == BatchLimits{8, 9});
}

TEST_CASE("batcher: packed examples each go to the first batch with room, longest first") {
  BatchLimits limits{10, 10};
  limits.packed = true;
  CHECK(cut_batches(of_lengths({3, 9, 5, 7, 1, 4}), limits) == Batches{{1, 4}, {3, 0}, {2, 5}});
  CHECK(cut_batches(of_lengths({2, 19, 2}), limits) == Batches{{1}, {0, 2}});
  limits.max_rows = 2;
  CHECK(cut_batches(of_lengths({1, 1, 1, 1, 1}), limits) == Batches{{0, 1}, {2, 3}, {4}});
}

TEST_CASE("batcher: a packed batch cut again comes back as it is, halved limits no longer take it") {
  BatchLimits limits{8, 20};
  limits.packed = true;
  const auto sizes = of_lengths({3, 9, 5, 9, 1, 7, 2});
  for (const auto& batch : cut_batches(sizes, limits))
    CHECK(cut_batches(sizes, batch, limits) == Batches{batch});
  const std::vector<std::size_t> batch{1, 3, 6};
  const auto halved = halve_limits(limits, sizes, batch);
  CHECK(halved.max_elements == 10);
  CHECK(cut_batches(sizes, batch, halved) == Batches{{1}, {3}, {6}});
}

TEST_CASE("batcher: one by one, each example is a batch of its own, in input order") {
  BatchLimits limits{8, 1000};
  limits.one_by_one = true;
  CHECK(cut_batches(of_lengths({3, 9, 5}), limits) == Batches{{0}, {1}, {2}});
  CHECK(cut_batches(of_lengths({3, 9, 5}), {2, 0}, limits) == Batches{{0}, {2}});
}
