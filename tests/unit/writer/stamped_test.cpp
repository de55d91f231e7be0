#include "writer/stamped.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace infer;

TEST_CASE("stamped: without a stamp the text stays, also an empty one") {
  CHECK(stamped({}, {5, 6}).empty());
  CHECK(stamped({"abc\n", {}}, {5, 6}) == "abc\n");
}

TEST_CASE("stamped: lines count from 1 and rows from 0, behind those of earlier chunks") {
  CHECK(stamped({"", {{0, 0, Counter::line}}}, {}) == "1");
  CHECK(stamped({"", {{0, 0, Counter::row}}}, {}) == "0");
  CHECK(stamped({" ", {{0, 2, Counter::line}, {1, 2, Counter::row}}}, {10, 100}) == "13 102");
}

TEST_CASE("stamped: numbers go to the start, the end, and several to one place in their order") {
  CHECK(stamped({"abc", {{0, 0}, {1, 1}, {1, 2}, {3, 3}}}, {99, 0}) == "100a101102bc103");
}

TEST_CASE("stamped: the largest numbers are whole") {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  CHECK(stamped({"", {{0, 1, Counter::row}}}, {0, kMost - 1}) == "18446744073709551615");
  CHECK(stamped({"", {{0, 0, Counter::line}}}, {kMost - 1, 0}) == "18446744073709551615");
}
