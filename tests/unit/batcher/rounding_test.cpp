#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <numeric>
#include <random>
#include <set>
#include <utility>

#include "batcher/batcher.hpp"

using namespace infer;

namespace {

constexpr ShapeRounding kTo512{true, 512};

std::vector<ExampleSize> of_lengths(const std::vector<std::uint64_t>& lengths) {
  std::vector<ExampleSize> sizes;
  for (const auto length : lengths) sizes.push_back({length, 0});
  return sizes;
}

BatchLimits gpu_limits() {
  BatchLimits limits{1024, 16'384, 1024};
  limits.rounding = kTo512;
  return limits;
}

/// Rows and length of the tensors that a batch becomes.
std::pair<std::size_t, std::uint64_t> shape_of(const std::vector<ExampleSize>& sizes,
                                               const std::vector<std::size_t>& batch,
                                               const BatchLimits& limits) {
  std::uint64_t longest = 0;
  for (const auto example : batch) longest = std::max(longest, sizes[example].length);
  const auto length = rounded_length(longest, limits.rounding);
  return {rounded_rows(batch.size(), length, limits), length};
}

/// Lengths as texts have them: log-normal, `mean` tokens, at most 512.
std::vector<std::uint64_t> text_lengths(std::size_t count, double mean, double spread, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::lognormal_distribution<double> draw(std::log(mean) - spread * spread / 2, spread);
  std::vector<std::uint64_t> lengths(count);
  for (auto& length : lengths)
    length = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(draw(random)), 3, 512);
  return lengths;
}

}  // namespace

TEST_CASE("rounding: lengths go up to the next of few, but not beyond the longest") {
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected{
      {1, 8}, {8, 8}, {9, 16}, {64, 64}, {65, 80}, {129, 160}, {256, 256}, {257, 320}, {512, 512}};
  for (const auto& [length, rounded] : expected) CHECK(rounded_length(length, kTo512) == rounded);
  CHECK(rounded_length(97, {true, 100}) == 100);
  CHECK(rounded_length(513, {true, 4096}) == 640);
  CHECK(rounded_length(513, kTo512) == 513);  // what is longer is not ours to cut
  CHECK(rounded_length(77, {}) == 77);
}

TEST_CASE("rounding: rows are those that fit, a half of them, or one") {
  const auto limits = gpu_limits();
  CHECK(rounded_rows(32, 512, limits) == 32);
  CHECK(rounded_rows(17, 512, limits) == 32);
  CHECK(rounded_rows(16, 512, limits) == 16);
  CHECK(rounded_rows(2, 512, limits) == 16);
  CHECK(rounded_rows(1, 512, limits) == 1);
  CHECK(rounded_rows(700, 16, limits) == 1024);
  CHECK(rounded_rows(2, 16'384, limits) == 2);  // more than fit: as many as there are
  CHECK(rounded_rows(17, 512, {1024, 16'384}) == 17);
}

TEST_CASE("rounding: a million texts make at most 40 shapes, and no batch is too large") {
  for (const auto& [mean, spread] : {std::pair{60.0, 0.8}, std::pair{177.0, 0.4}, std::pair{20.0, 0.5}}) {
    const auto limits = gpu_limits();
    std::set<std::pair<std::size_t, std::uint64_t>> shapes;
    std::uint64_t given = 0;
    std::uint64_t wanted = 0;
    for (std::uint32_t chunk = 0; chunk < 244; ++chunk) {
      const auto sizes = of_lengths(text_lengths(4096, mean, spread, chunk));
      std::size_t examples = 0;
      for (const auto& batch : cut_batches(sizes, limits)) {
        const auto [rows, length] = shape_of(sizes, batch, limits);
        shapes.insert({rows, length});
        REQUIRE(rows * length <= limits.max_elements);
        given += rows * length;
        examples += batch.size();
      }
      REQUIRE(examples == sizes.size());
      for (const auto& size : sizes) wanted += size.length;
    }
    INFO("mean " << mean << ": " << shapes.size() << " shapes, "
                 << static_cast<double>(given) / static_cast<double>(wanted));
    CHECK(shapes.size() <= 40);
    CHECK(static_cast<double>(given) < 1.35 * static_cast<double>(wanted));
  }
}

TEST_CASE("rounding: no other way to cut into rounded shapes costs less") {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    BatchLimits limits{8, 1 + random() % 200, random() % 40};
    limits.rounding = {true, 64};
    std::vector<std::uint64_t> lengths(1 + random() % 9);
    for (auto& length : lengths) length = 1 + random() % 40;
    std::ranges::sort(lengths, std::greater{});
    const auto sizes = of_lengths(lengths);
    const auto cost_of = [&](const std::vector<std::size_t>& batch) {
      const auto [rows, length] = shape_of(sizes, batch, limits);
      const auto least = std::max<std::size_t>(1, std::min<std::size_t>(8, limits.max_elements / length) / 2);
      return std::max(rows, least) * length + limits.batch_cost;
    };
    std::uint64_t cost = 0;
    for (const auto& batch : cut_batches(sizes, limits)) cost += cost_of(batch);
    std::uint64_t least = ~std::uint64_t{0};
    for (unsigned cuts = 0; cuts < 1U << (lengths.size() - 1); ++cuts) {
      std::uint64_t sum = 0;
      std::vector<std::size_t> batch;
      for (std::size_t i = 0; i < lengths.size(); ++i) {
        batch.push_back(i);
        if (i + 1 < lengths.size() && (cuts >> i & 1U) == 0) continue;
        const auto [rows, length] = shape_of(sizes, batch, limits);
        const bool fits =
            batch.size() == 1 || (batch.size() <= limits.max_rows && rows * length <= limits.max_elements);
        sum = fits && sum != ~std::uint64_t{0} ? sum + cost_of(batch) : ~std::uint64_t{0};
        batch.clear();
      }
      least = std::min(least, sum);
    }
    INFO("round " << round);
    if (lengths.front() != lengths.back()) CHECK(cost == least);
  }
}

TEST_CASE(
    "rounding: examples of one length fill full batches; the rest is cut where filling it up costs much") {
  BatchLimits limits{256, 16'384};
  limits.rounding = {true, 0};
  const auto rows_of = [&](std::size_t count) {
    std::vector<std::size_t> rows;
    for (const auto& batch : cut_batches(of_lengths(std::vector<std::uint64_t>(count, 0)), limits))
      rows.push_back(rounded_rows(batch.size(), 0, limits));
    return rows;
  };
  using Rows = std::vector<std::size_t>;
  CHECK(rows_of(1024) == Rows{256, 256, 256, 256});
  CHECK(rows_of(256 + 250) == Rows{256, 256});
  CHECK(rows_of(256 + 130) == Rows{256, 128, 2});
  CHECK(rows_of(3) == Rows{4});
  CHECK(rows_of(1) == Rows{1});
}

TEST_CASE("rounding: collated tensors have the rounded length, filled with the pad value") {
  const std::vector<TensorSpec> specs{{"x", DType::int64, {kVariableDim}, {}, 7.0}};
  Column column;
  column.rank = 1;
  for (std::size_t length : {std::size_t{3}, std::size_t{9}}) {
    column.begins.push_back(column.values.size());
    column.values.resize(column.values.size() + length * sizeof(std::int64_t));
    column.dims.push_back(static_cast<std::int64_t>(length));
  }
  const std::vector<Column> columns{column};
  const auto tensor = collate(specs, columns, std::vector<std::size_t>{0, 1}, kTo512).at(0);
  REQUIRE(tensor.shape == Shape{2, 16});
  std::vector<std::int64_t> values(32);
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  CHECK(std::count(values.begin(), values.end(), 7) == 13 + 7);
  CHECK(collate(specs, columns, std::vector<std::size_t>{0, 1}, {true, 10}).at(0).shape == Shape{2, 10});
  auto packed = specs;
  packed[0].packed = true;
  CHECK(collate(packed, columns, std::vector<std::size_t>{0, 1}, kTo512).at(0).shape == Shape{16});
}
