#include "record/selection.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "base/error.hpp"

using namespace infer;

namespace {

std::vector<std::uint64_t> numbers_of(const Selection& selection) {
  std::vector<std::uint64_t> numbers;
  SelectedNumbers all(selection);
  while (const auto number = all.next()) numbers.push_back(*number);
  return numbers;
}

std::size_t bytes_of(const Selection& selection) {
  std::size_t bytes = 0;
  for (const auto& chunk : selection.chunks()) bytes += sizeof chunk + chunk.selected.runs.capacity();
  return bytes;
}

/// Runs and gaps of lengths from 1 to about `longest`.
std::vector<std::uint64_t> random_numbers(std::mt19937& draw, std::uint64_t longest) {
  std::uniform_int_distribution<std::uint64_t> length(1, longest);
  std::vector<std::uint64_t> numbers;
  for (auto next = length(draw) - 1; numbers.size() < 2000; next += length(draw)) {
    for (auto left = length(draw); left > 0; --left) numbers.push_back(next++);
  }
  return numbers;
}

}  // namespace

TEST_CASE("selection: nothing is selected at first") {
  CHECK(Selection().records() == 0);
  CHECK(numbers_of(Selection()).empty());
}

TEST_CASE("selection: any numbers come back, in chunks of any size, and where each chunk begins and ends") {
  std::mt19937 draw(2611);
  for (const std::uint64_t longest : {1U, 2U, 5U, 127U, 128U, 200U, 20000U}) {
    for (const std::uint64_t chunk_rows : {1U, 3U, 500U, 1U << 30U}) {
      INFO("longest " << longest << ", " << chunk_rows << " rows a chunk");
      const auto numbers = random_numbers(draw, longest);
      Selection selection;
      std::set<std::uint64_t> chunks;
      for (const auto number : numbers) {
        selection.add({7, number * 10, number * 2, number}, number / chunk_rows);
        chunks.insert(number / chunk_rows);
      }
      CHECK(numbers_of(selection) == numbers);
      CHECK(selection.records() == numbers.size());
      REQUIRE(selection.chunks().size() == chunks.size());
      const auto& last = selection.chunks().back();
      CHECK(last.last_offset == numbers.back() * 10);
      CHECK(selection.last()->number == numbers.back());
      for (const auto& chunk : selection.chunks()) {
        CHECK(chunk.file == 7);
        CHECK(chunk.selected.offset == chunk.selected.number * 10);
        CHECK(chunk.selected.line == chunk.selected.number * 2);
      }
    }
  }
}

TEST_CASE("selection: the same chunk of another file is another one") {
  Selection selection;
  selection.add({0, 5, 0, 0}, 3);
  selection.add({1, 5, 0, 1}, 3);
  CHECK(selection.chunks().size() == 2);
  CHECK(numbers_of(selection) == std::vector<std::uint64_t>{0, 1});
}

TEST_CASE("selection: numbers that do not rise are an internal error") {
  Selection selection;
  selection.add({0, 5, 0, 4}, 0);
  CHECK_THROWS_AS(selection.add({0, 6, 0, 4}, 0), InternalError);
}

TEST_CASE("selection: a failed record takes two bytes, or nothing when all failed") {
  constexpr std::uint64_t kFailures = 6'700'000, kChunkRows = 1024;
  for (const std::uint64_t step : {1U, 2U, 100U}) {
    Selection selection;
    for (std::uint64_t i = 0, number = 0; i < kFailures; ++i, number += step)
      selection.add({0, number * 30, number, number}, number / kChunkRows);
    const auto chunks = kFailures * step / kChunkRows + 1;
    const auto runs = step == 1 ? std::uint64_t{0} : 2 * kFailures;
    INFO("every " << step << "th: " << bytes_of(selection) << " bytes in " << chunks << " chunks");
    CHECK(selection.chunks().size() == chunks);
    CHECK(bytes_of(selection) < runs + 200 * chunks);
  }
}
