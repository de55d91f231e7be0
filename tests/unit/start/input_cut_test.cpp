#include "start/earlier/input_cut.hpp"

#include <catch2/catch.hpp>

using namespace infer;

TEST_CASE("input cut: chunks are counted, and parts are runs of them with the places that a manifest has") {
  InputCut cut(2, {"a", "b", "c"});
  cut.add({0, 0, 0, 100}, 3);
  cut.add({1, 0, 100, 180}, 0);
  cut.add({2, 1, 0, 50, 2}, 7);
  CHECK(cut.chunk_records() == std::vector<std::uint32_t>{3, 0, 7});
  REQUIRE(cut.parts().size() == 2);
  const auto& first = cut.parts()[0];
  CHECK(first.records == 3);
  CHECK(first.first_record == 0);
  CHECK(first.from == InputPlace{"a", 0});
  CHECK(first.to == InputPlace{"a", 180});
  const auto& second = cut.parts()[1];
  CHECK(second.records == 7);
  CHECK(second.first_record == 3);
  CHECK(second.from == InputPlace{"b", 0});
  CHECK(second.to == InputPlace{"c", 50});
}

TEST_CASE("input cut: a single file has no parts") {
  InputCut cut(0, {"a"});
  cut.add({0, 0, 0, 100}, 3);
  CHECK(cut.parts().empty());
  CHECK(cut.chunk_records().size() == 1);
}
