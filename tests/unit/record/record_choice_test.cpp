#include "record/record_choice.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <iterator>
#include <vector>

using namespace infer;

namespace {

constexpr std::uint64_t kRecords = 100'000;

std::vector<std::uint64_t> taken(const RecordChoice& choice, std::uint64_t records = kRecords) {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t number = 0; number < records; ++number) {
    if (choice.takes(number)) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

TEST_CASE("record choice: without a limit and a share all are taken") {
  CHECK(RecordChoice{}.is_all());
  CHECK(taken({}, 100).size() == 100);
  CHECK_FALSE(RecordChoice{}.ends_before(kRecords));
}

TEST_CASE("record choice: a limit takes the first ones, and says when there are no more") {
  const RecordChoice choice{3};
  CHECK_FALSE(choice.is_all());
  CHECK(taken(choice, 100) == std::vector<std::uint64_t>{0, 1, 2});
  CHECK_FALSE(choice.ends_before(2));
  CHECK(choice.ends_before(3));
}

TEST_CASE("record choice: a share takes about so many, and in every stretch of the input") {
  const RecordChoice choice{{}, 0.1};
  const auto numbers = taken(choice);
  const auto spread = std::sqrt(kRecords * 0.1 * 0.9);
  CHECK(std::abs(static_cast<double>(numbers.size()) - kRecords * 0.1) < 4 * spread);
  std::vector<int> of_tenth(10, 0);
  for (const auto number : numbers) ++of_tenth[number / (kRecords / 10)];
  for (const auto count : of_tenth) CHECK(std::abs(count - 1000) < 150);
  std::size_t neighbours = 0;
  for (std::size_t i = 1; i < numbers.size(); ++i) neighbours += numbers[i] == numbers[i - 1] + 1;
  CHECK(neighbours > 800);  // 1,000 where one tells nothing of the next
  CHECK(neighbours < 1200);
}

TEST_CASE("record choice: the same seed takes the same records, another one others") {
  const auto one = taken({{}, 0.1, 0});
  CHECK(one == taken({{}, 0.1, 0}));
  const auto other = taken({{}, 0.1, 1});
  std::vector<std::uint64_t> both;
  std::ranges::set_intersection(one, other, std::back_inserter(both));
  CHECK(both.size() > 800);
  CHECK(both.size() < 1200);
}

TEST_CASE("record choice: a larger share takes the smaller one's records too, and all of it everything") {
  const auto small = taken({{}, 0.01, 5});
  const auto large = taken({{}, 0.02, 5});
  CHECK(std::ranges::includes(large, small));
  CHECK(taken({{}, 1.0, 5}, 1000).size() == 1000);
}

TEST_CASE("record choice: of a limit's records a share is taken") {
  for (const auto number : taken({500, 0.5, 0})) CHECK(number < 500);
  CHECK(taken({500, 0.5, 0}) == taken({{}, 0.5, 0}, 500));
}
