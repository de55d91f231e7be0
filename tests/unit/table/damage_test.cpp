#include <catch2/catch.hpp>
#include <optional>
#include <random>

#include "unit/base/scratch_folder.hpp"
#include "unit/table/test_tables.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

/// Its lines; nothing when it is refused.
std::optional<std::string> lines_or_refusal(const std::string& path) {
  try {
    auto table = open_table(path);
    const auto rows = rows_of(table);
    if (rows > 100'000) return std::nullopt;  // as a run would find out
    return std::string(table.read(0, rows, {1 << 20U, 1 << 26U}).lines);
  } catch (const TableError&) {
    return std::nullopt;
  }
}

}  // namespace

TEST_CASE("damage: a byte of a page that has a checksum never changes a row") {
  const ScratchFolder folder;
  const auto whole = content_of(table_path("one.parquet"));
  const auto expected = content_of(table_path("all.jsonl"));
  const auto footer = whole.size() - 8 - static_cast<unsigned char>(whole[whole.size() - 8]) -
                      256U * static_cast<unsigned char>(whole[whole.size() - 7]);
  std::mt19937 random(3);
  std::size_t refused = 0;
  for (int i = 0; i < 200; ++i) {
    auto damaged = whole;
    damaged[4 + random() % (footer - 4)] ^= static_cast<char>(1U << (random() % 8));
    const auto lines = lines_or_refusal(folder.write("x", damaged));
    if (lines) REQUIRE(*lines == expected);  // in what is not read, as statistics
    if (!lines) ++refused;
  }
  CHECK(refused > 100);
}

TEST_CASE("damage: whatever the bytes, a file is read or refused") {
  const auto name = GENERATE("many.parquet", "index.parquet", "old.parquet", "deltas.parquet", "many.arrow",
                             "stream.arrow");
  INFO(name);
  const ScratchFolder folder;
  const auto whole = content_of(table_path(name));
  std::mt19937 random(4);
  for (int i = 0; i < 60; ++i) {
    auto damaged = whole;
    for (unsigned bytes = 1 + random() % 4; bytes > 0; --bytes) {
      // Half of them where the file says what is in it.
      const auto near_end = std::min<std::size_t>(whole.size(), 4000);
      const auto at = random() % 2 == 0 ? random() % whole.size() : whole.size() - 1 - random() % near_end;
      damaged[at] = static_cast<char>(random());
    }
    if (i % 5 == 0) damaged.resize(random() % whole.size());
    lines_or_refusal(folder.write("x", damaged));
  }
}

TEST_CASE("damage: pages of equal values are read, however small their codec makes them") {
  const std::string codec = GENERATE("snappy", "gzip", "zstd", "brotli", "lz4");
  INFO(codec);
  auto table = open_table(table_path("alike." + codec + ".parquet"));
  REQUIRE(rows_of(table) == 20'000);
  const auto line = "{\"x\":\"" + std::string(1000, 'a') + "\"}\n";
  CHECK(table.read(0, 1, kNoLimits).lines == line);
  CHECK(table.read(19'998, 20'000, kNoLimits).lines == line + line);
}

TEST_CASE(
    "damage: a page that says it unpacks to more than its bytes can is refused before any room is made") {
  const std::string codec = GENERATE("snappy", "gzip", "zstd", "brotli", "lz4");
  INFO(codec);
  auto claims = open_table(table_path("claims." + codec + ".parquet"));
  const bool has_ratio = codec != "brotli";
  CHECK_THROWS_WITH(claims.read(0, 1, kNoLimits),
                    Contains("column x: ") && Contains("a page of row group 1 ") && Contains("19000000") &&
                        Contains(has_ratio ? "bytes can unpack to" : "does not unpack to"));
  auto boasts = open_table(table_path("boasts." + codec + ".parquet"));
  CHECK_THROWS_WITH(boasts.read(0, 1, kNoLimits),
                    Contains("a page of row group 1 says that it unpacks to 2147483647 bytes"));
}
