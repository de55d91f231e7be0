#include "writer/parts/part_ledger.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/writer/writer_parts.hpp"

using namespace infer;
using infer::test::chunk_of;
using infer::test::failed_chunk;

namespace {

const std::vector<std::string> kInputs{"a.jsonl", "b.jsonl"};

Checkpoint point(std::uint64_t chunks, std::uint64_t rows, std::uint32_t file = 0, std::uint64_t lines = 0) {
  Checkpoint point;
  point.chunks = chunks;
  point.rows = rows;
  point.file = file;
  point.lines = lines;
  return point;
}

}  // namespace

TEST_CASE("part ledger: a part is full after so many chunks, and its order says what was before it") {
  PartLedger ledger(2, false, point(4, 100));
  ledger.add(chunk_of(4), point(4, 100, 0, 77), kInputs);
  CHECK_FALSE(ledger.is_full());
  ledger.add(failed_chunk(5, 1, 3, 0), point(5, 101, 0, 78), kInputs);
  CHECK(ledger.is_full());
  const auto order = ledger.close(point(6, 102));
  CHECK(order.part == 2);
  CHECK(order.chunks == 2);
  CHECK(order.file == 0);
  CHECK(order.before == Counts{77, 100});
  CHECK_FALSE(ledger.is_settled());
  CHECK_FALSE(ledger.take_entry().has_value());
  ledger.finished({2, 50, 9});
  const auto entry = ledger.take_entry();
  REQUIRE(entry.has_value());
  CHECK(entry->number == 2);
  CHECK(entry->part == ManifestPart{"", 2, 1, 2, 100, {"a.jsonl", 40}, {"b.jsonl", 60}, 50, 9});
  CHECK(entry->until == point(6, 102));
  CHECK(ledger.is_settled());
}

TEST_CASE("part ledger: parts that are finished out of order come in order") {
  PartLedger ledger(1, true, {});
  for (std::uint64_t id = 0; id < 3; ++id) {
    ledger.add(failed_chunk(id, 0, 1, 0), point(id, id), kInputs);
    ledger.close(point(id + 1, id + 1));
  }
  ledger.finished({2, 1, 1});
  ledger.finished({1, 1, 1});
  CHECK_FALSE(ledger.take_entry().has_value());
  ledger.finished({0, 1, 1});
  for (std::uint64_t id = 0; id < 3; ++id) {
    const auto entry = ledger.take_entry();
    REQUIRE(entry.has_value());
    CHECK(entry->number == id);
    CHECK(entry->part.rows == 0);  // left out
    CHECK(entry->part.records == 1);
  }
  CHECK(ledger.is_settled());
}

TEST_CASE("part ledger: a part that was never closed, and one that is finished twice, are internal errors") {
  PartLedger ledger(1, false, {});
  CHECK_THROWS_AS(ledger.finished({0, 1, 1}), InternalError);
  ledger.add(chunk_of(0), {}, kInputs);
  ledger.close(point(1, 1));
  ledger.finished({0, 1, 1});
  CHECK_THROWS_AS(ledger.finished({0, 1, 1}), InternalError);
}
