#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>

#include "peek/columns/label_counts.hpp"
#include "peek/columns/number_column.hpp"
#include "peek/columns/repeat_counter.hpp"
#include "peek/columns/vector_column.hpp"

using namespace infer;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> random_numbers(std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(3, 2);
  std::vector<double> numbers(count);
  std::ranges::generate(numbers, [&] { return normal(random); });
  return numbers;
}

NumberColumn column_of(const std::vector<double>& numbers) {
  NumberColumn column;
  for (const auto number : numbers) column.add(number);
  return column;
}

/// The share of the numbers that are less.
double rank_of(double value, const std::vector<double>& numbers) {
  const auto less = std::ranges::count_if(numbers, [&](double each) { return each < value; });
  return static_cast<double>(less) / static_cast<double>(numbers.size());
}

}  // namespace

TEST_CASE("numbers: quartiles are numpy's") {
  // numpy.quantile([7, 1, 3.5, 2], [.25, .5, .75])
  const auto column = column_of({7, 1, 3.5, 2});
  CHECK(column.quartiles() == std::array{1.75, 2.75, 4.375});
  CHECK(column.least() == 1);
  CHECK(column.most() == 7);
  CHECK(column.mean() == 3.375);
  CHECK(column_of({5}).quartiles() == std::array{5.0, 5.0, 5.0});
}

TEST_CASE("numbers: NaN and infinities are counted and nothing else") {
  const auto column = column_of({1, kNaN, kInfinity, 2, -kInfinity});
  CHECK(column.count() == 2);
  CHECK(column.non_finite() == 3);
  CHECK(column.most() == 2);
}

TEST_CASE("numbers: of more than are kept a sample tells, and says so") {
  const auto all = random_numbers(NumberColumn::kMostKept * 3, 1);
  auto few = all;
  few.resize(NumberColumn::kMostKept);
  CHECK_FALSE(column_of(few).is_sampled());
  const auto column = column_of(all);
  CHECK(column.is_sampled());
  CHECK(column.count() == all.size());
  CHECK(column.least() == std::ranges::min(all));
  CHECK(column.most() == std::ranges::max(all));
  CHECK(column.mean() ==
        Approx(std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size())));
  constexpr double kFarOff = 0.006;  // five standard deviations of a sample's quartile
  const auto quartiles = column.quartiles();
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(std::abs(rank_of(quartiles[i], all) - 0.25 * static_cast<double>(i + 1)) < kFarOff);
}

TEST_CASE("numbers: a histogram has every value once, and its ends") {
  const auto numbers = random_numbers(1000, 2);
  const auto bins = column_of(numbers).histogram(7);
  REQUIRE(bins.size() == 7);
  CHECK(bins.front().begin == std::ranges::min(numbers));
  CHECK(bins.back().end == std::ranges::max(numbers));
  double sum = 0;
  for (const auto& bin : bins) {
    const bool is_last = &bin == &bins.back();
    const auto in_it = std::ranges::count_if(numbers, [&](double value) {
      return value >= bin.begin && (value < bin.end || (is_last && value <= bin.end));
    });
    CHECK(std::abs(bin.share - static_cast<double>(in_it) / 1000) < 0.0015);  // at its ends by rounding
    sum += bin.share;
  }
  CHECK(sum == Approx(1));
}

TEST_CASE("numbers: bins of whole numbers are whole") {
  const auto few = column_of({3, 5, 5, 4}).histogram(10);
  REQUIRE(few.size() == 3);
  CHECK(few[2].begin == 5);
  CHECK(few[2].end == 5);
  CHECK(few[2].share == 0.5);
  std::vector<double> numbers(26);
  std::iota(numbers.begin(), numbers.end(), -5);
  const auto many = column_of(numbers).histogram(10);
  REQUIRE(many.size() == 9);  // three each
  CHECK(many[1].begin == -2);
  CHECK(many[1].end == 0);
  CHECK(many[1].share == Approx(3.0 / 26));
  CHECK(many[8].share == Approx(2.0 / 26));
  CHECK(column_of({1, 2.5}).histogram(2)[0].end == 1.75);
}

TEST_CASE(
    "numbers: a histogram of equal values is one bin; one from end to end of the doubles does not overflow") {
  CHECK(column_of({4, 4, 4}).histogram(5).size() == 1);
  const auto most = std::numeric_limits<double>::max();
  const auto bins = column_of({-most, 0, most}).histogram(3);
  REQUIRE(bins.size() == 3);
  CHECK(bins[1].share == Approx(1.0 / 3));
}

TEST_CASE("labels: the most frequent come first, equal ones by name") {
  LabelCounts counts;
  for (const auto* label : {"b", "a", "c", "b", "c", ""}) counts.add(label);
  CHECK(counts.total() == 6);
  CHECK(counts.labels() == 4);
  CHECK(counts.most_frequent(3) == std::vector<LabelCount>{{"b", 2}, {"c", 2}, {"", 1}});
}

TEST_CASE("labels: those that come too late are counted together") {
  LabelCounts counts;
  for (std::size_t i = 0; i < LabelCounts::kMostLabels + 5; ++i) counts.add(std::to_string(i));
  counts.add("0");
  counts.add(std::string(1 << 20, 'x'));
  CHECK(counts.labels() == LabelCounts::kMostLabels);
  CHECK(counts.others() == 6);
  CHECK(counts.most_frequent(1) == std::vector<LabelCount>{{"0", 2}});
}

TEST_CASE("repeats: exact while there is room") {
  std::mt19937_64 random(3);
  std::map<std::uint64_t, std::uint64_t> reference;
  RepeatCounter repeats;
  for (int i = 0; i < 50'000; ++i) {
    const auto digest = (random() % 30'000) * 0x9E3779B97F4A7C15U;  // 0 among them
    ++reference[digest];
    repeats.add(digest);
  }
  std::uint64_t repeated = 0;
  for (const auto& [digest, count] : reference) repeated += count > 1 ? count : 0;
  CHECK(repeats.is_exact());
  CHECK(repeats.different() == reference.size());
  CHECK(repeats.repeated() == repeated);
}

TEST_CASE("repeats: beyond that about right, and said") {
  std::mt19937_64 random(4);
  RepeatCounter repeats;
  constexpr std::size_t kDifferent = RepeatCounter::kMostDifferent * 3;
  for (std::size_t i = 0; i < kDifferent; ++i) {
    const auto digest = random();
    repeats.add(digest);
    if (i % 10 == 0) repeats.add(digest);
  }
  CHECK_FALSE(repeats.is_exact());
  CHECK(static_cast<double>(repeats.different()) == Approx(kDifferent).epsilon(0.01));
  CHECK(static_cast<double>(repeats.repeated()) == Approx(kDifferent / 5.0).epsilon(0.02));
}

TEST_CASE("vectors: norms, zeros, what is not finite, equal ones and constant dimensions") {
  VectorColumn column;
  const std::vector<std::vector<double>> vectors{{3, 4, 7},    {0, 0, 0},         {3, 4, 7},
                                                 {1, kNaN, 7}, {kInfinity, 1, 7}, {0, -0.0, 0}};
  for (const auto& vector : vectors) column.add(vector);
  CHECK(column.count() == 6);
  CHECK(column.non_finite() == 2);
  CHECK(column.zero() == 2);
  CHECK(column.norms().count() == 4);
  CHECK(column.norms().most() == Approx(std::sqrt(74)));
  CHECK(column.repeats().repeated() == 2);  // by their bytes: -0.0 is another
  CHECK(column.repeats().different() == 3);
  CHECK(column.constant().empty());
}

TEST_CASE("vectors: a dimension is constant when all finite vectors have one value there") {
  VectorColumn column;
  column.add(std::vector<double>{1, 5, 9, 2});
  CHECK(column.constant().empty());  // one vector shows nothing
  column.add(std::vector<double>{kNaN, 0, 0, 0});
  CHECK(column.constant().empty());
  column.add(std::vector<double>{1, 6, 9, 2});
  column.add(std::vector<double>{1, 5, 9, 3});
  CHECK(column.constant() == std::vector<std::size_t>{0, 2});
  column.add(std::vector<double>{1, 5});
  CHECK(column.constant().empty());
  CHECK(column.least_width() == 2);
  CHECK(column.most_width() == 4);
}

TEST_CASE("vectors: norms of what is too small or too large to be squared") {
  VectorColumn column;
  column.add(std::vector<double>{3e-200, 4e-200});
  column.add(std::vector<double>{3e200, 4e200});
  CHECK(column.zero() == 0);
  CHECK(column.non_finite() == 0);
  CHECK(column.norms().least() == Approx(5e-200));
  CHECK(column.norms().most() == Approx(5e200));
}

TEST_CASE("vectors: any width has the norm of a plain sum") {
  for (std::size_t width = 1; width < 40; ++width) {
    const auto numbers = random_numbers(width, static_cast<unsigned>(width));
    double sum = 0;
    for (const auto number : numbers) sum += number * number;
    VectorColumn column;
    column.add(numbers);
    CHECK(column.norms().mean() == Approx(std::sqrt(sum)));
  }
}
