#include "reuse/fill_region.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>

#include "reuse/key_spill.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using namespace infer::detail;

namespace {

/// As ReuseIndex looks for it; the numbers of the rows are those of `keys`.
std::optional<std::uint64_t> row_of(const RowKey& key, const FilledRegion& region,
                                    std::span<const RowOfKey> keys) {
  auto at = Region{0, region.slots.size()}.home(key);
  for (; !region.slots[at].is_free(); at = (at + 1) % region.slots.size()) {
    const auto row = region.slots[at].row();
    if (region.slots[at].may_be(key) && keys[row].key == key) return row;
  }
  return std::nullopt;
}

/// All in one home, with one tag.
RowKey alike(std::uint64_t number) { return {UINT64_MAX - number % 2, 7 + (number << 24U)}; }

std::vector<RowOfKey> rows_of(std::uint64_t count, std::uint64_t different) {
  std::vector<RowOfKey> keys;
  for (std::uint64_t row = 0; row < count; ++row) keys.push_back({alike(row % different), row});
  return keys;
}

}  // namespace

TEST_CASE("fill region: all 128 bits of a key count") {
  const auto keys = rows_of(100, 100);
  const auto region = fill_region(keys);
  CHECK(region.rows == 100);
  for (std::uint64_t row = 0; row < 100; ++row) CHECK(row_of(alike(row), region, keys) == row);
  CHECK(row_of(alike(100), region, keys) == std::nullopt);
}

TEST_CASE("fill region: of equal keys the first counts, and the others take no room") {
  const auto keys = rows_of(1000, 10);
  const auto region = fill_region(keys);
  CHECK(region.rows == 10);
  CHECK(region.slots.size() == 12);
  for (std::uint64_t row = 0; row < 10; ++row) CHECK(row_of(alike(row), region, keys) == row);
}

TEST_CASE("fill region: a slot at least is free, of no keys too") {
  for (std::uint64_t count = 0; count < 40; ++count) {
    const auto region = fill_region(rows_of(count, count + 1));
    CHECK(std::ranges::count_if(region.slots, [](Slot slot) { return slot.is_free(); }) >= 1);
  }
}

TEST_CASE("slot: rows up to the last that it can name") {
  const RowKey key{1, 0x123456789abcdef0};
  for (const std::uint64_t row : {std::uint64_t{0}, Slot::kMostRows - 1}) {
    const Slot slot(key, row);
    CHECK(slot.row() == row);
    CHECK(slot.may_be(key));
    CHECK_FALSE(slot.may_be({1, key.high + 1}));
    CHECK(slot.of_row(5).row() == 5);
    CHECK(slot.of_row(5).may_be(key));
  }
}

TEST_CASE("key spill: a region's keys come out in the order of their rows") {
  const infer::test::ScratchFolder folder;
  for (const unsigned bits : {0U, 3U}) {
    KeySpill spill(folder.path("."), bits);
    std::vector<std::vector<std::uint64_t>> expected(std::size_t{1} << bits);
    for (std::uint64_t row = 0; row < 20'000; ++row) {
      const RowKey key{row, row * 0x9e3779b97f4a7c15U};
      spill.add(key, row);
      expected[region_of(key, bits)].push_back(row);
    }
    REQUIRE(spill.regions() == expected.size());
    for (std::size_t number = 0; number < spill.regions(); ++number) {
      std::vector<std::uint64_t> rows;
      for (const auto& [key, row] : spill.region(number)) {
        CHECK(key.low == row);
        rows.push_back(row);
      }
      CHECK(rows == expected[number]);
    }
  }
}
