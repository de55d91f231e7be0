#include "decoder/observe.hpp"

#include <catch2/catch.hpp>

#include "unit/decoder/raw_chunk.hpp"

using namespace infer;
using infer::test::raw_chunk;

namespace {

ObservedField observe(const std::vector<std::string_view>& lines, JsonPath path = {"x"}) {
  return observe_fields(raw_chunk(lines), {std::move(path)}).fields.at(0);
}

}  // namespace

TEST_CASE("observe: nothing is seen in an empty sample") {
  const auto seen = observe_fields(raw_chunk({}), {{"x"}});
  CHECK(seen.records == 0);
  CHECK(seen.keys.empty());
  CHECK(seen.fields.at(0).usable() == 0);
}

TEST_CASE("observe: tells whole numbers, other numbers, booleans and the rest apart") {
  const auto field = observe({"{\"x\":1}", "{\"x\":-2}", "{\"x\":1.0}", "{\"x\":true}", "{\"x\":\"a\"}",
                              "{\"x\":null}", "{\"x\":{\"a\":1}}", "{}"});
  CHECK(field.integers == 2);
  CHECK(field.reals == 1);
  CHECK(field.booleans == 1);
  CHECK(field.others == 3);
  CHECK(field.usable() == 4);
  CHECK(field.shapes == std::map<Shape, std::size_t>{{Shape{}, 4}});
}

TEST_CASE("observe: one number that is not whole makes the array real") {
  const auto field = observe({"{\"x\":[1,2.5,3]}", "{\"x\":[1,2]}", "{\"x\":[true,false]}"});
  CHECK(field.reals == 1);
  CHECK(field.integers == 1);
  CHECK(field.booleans == 1);
}

TEST_CASE("observe: mixed kinds, mixed depth and ragged arrays are no tensors") {
  const auto field =
      observe({"{\"x\":[1,true]}", "{\"x\":[1,\"a\"]}", "{\"x\":[1,[2]]}", "{\"x\":[[1,2],[3]]}"});
  CHECK(field.usable() == 0);
  CHECK(field.others == 4);
}

TEST_CASE("observe: shapes are counted, and the commonest is known, the smallest among equals") {
  const auto field = observe({"{\"x\":[1,2]}", "{\"x\":[3]}", "{\"x\":[[1],[2],[3]]}", "{\"x\":[4,5]}"});
  CHECK(field.shapes == std::map<Shape, std::size_t>{{Shape{1}, 1}, {Shape{2}, 2}, {Shape{3, 1}, 1}});
  CHECK(field.common_shape() == Shape{2});
  CHECK(observe({"{\"x\":[1,2]}", "{\"x\":[3]}"}).common_shape() == Shape{1});
}

TEST_CASE("observe: empty arrays count as numbers of length 0") {
  const auto field = observe({"{\"x\":[]}", "{\"x\":[[],[]]}"});
  CHECK(field.integers == 2);
  CHECK(field.shapes == std::map<Shape, std::size_t>{{Shape{0}, 1}, {Shape{2, 0}, 1}});
}

TEST_CASE("observe: looks inside objects by path") {
  const auto field = observe({"{\"a\":{\"b\":[1]}}", "{\"a\":5}", "{\"a.b\":1}"}, {"a", "b"});
  CHECK(field.integers == 1);
  CHECK(field.usable() + field.others == 1);
}

TEST_CASE("observe: skips what is no JSON object or too long; keys are those of the first good record") {
  auto raw = raw_chunk({"[1]", "{\"x\":", "{\"y\":9}", "{\"x\":1,\"y\":2}", "{\"z\":1}"});
  raw.records[2].too_long = true;
  const auto seen = observe_fields(raw, {{"x"}, {"z"}});
  CHECK(seen.records == 2);
  CHECK(seen.keys == std::vector<std::string>{"x", "y"});
  CHECK(seen.fields[0].integers == 1);
  CHECK(seen.fields[1].integers == 1);
}

TEST_CASE("observe: deep nesting is skipped, not followed to the end of the stack") {
  const auto deep = "{\"x\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  CHECK(observe({deep, "{\"x\":1}"}).integers == 1);
}

TEST_CASE("observe: of a repeated key the last one is seen, as in the decoder") {
  CHECK(observe({R"({"x":"no","x":1})"}).integers == 1);
}

TEST_CASE("field tree: paths split at dots") {
  CHECK(split_json_path("a") == JsonPath{"a"});
  CHECK(split_json_path("a.b.c") == JsonPath{"a", "b", "c"});
}

TEST_CASE("field tree: a backslash makes a dot, or a backslash before one, a key's own") {
  CHECK(split_json_path("Sepal\\.Length") == JsonPath{"Sepal.Length"});
  CHECK(split_json_path("a\\\\.b\\c") == JsonPath{"a\\", "b\\c"});
  for (const auto& path :
       {JsonPath{"a.b", "c"}, JsonPath{"a\\", "b"}, JsonPath{"a\\.b"}, JsonPath{"a\\b", "\\\\"}})
    CHECK(split_json_path(join_json_path(path)) == path);
}

TEST_CASE("field tree: wants meet in one tree") {
  const auto root = make_field_tree({{"a", "b"}, {"c"}}, {{"a"}, {"c"}});
  REQUIRE(root.find("a") != nullptr);
  CHECK(root.find("a")->carried == 0);
  CHECK_FALSE(root.find("a")->wanted.has_value());
  REQUIRE(root.find("a")->find("b") != nullptr);
  CHECK(root.find("a")->find("b")->wanted == 0);
  CHECK(root.find("c")->wanted == 1);
  CHECK(root.find("c")->carried == 1);
  CHECK(root.find("b") == nullptr);
}

TEST_CASE("observe: what the decoder takes for a record is one here too, whatever its other fields hold") {
  for (const std::string_view other :
       {"123456789012345678901234567890", "18446744073709551616", "1e308", "\"\\u00e9\""}) {
    INFO(other);
    const auto line = "{\"id\":" + std::string(other) + ",\"x\":[1,2]}";
    CHECK(observe({line}).integers == 1);
  }
  CHECK(observe({"{\"x\":123456789012345678901234567890}"}).reals == 1);
}

TEST_CASE("observe: what the decoder refuses is no record here") {
  for (const std::string_view line : {"{\"x\":1,\"y\":tru}", "{\"x\":1} {", "{\"x\":1,\"y\":[1,}",
                                      "{\"x\":1,\"y\":1e999}", "{\"x\":[1,tru]}", "[1]", "{\"x\":1"}) {
    INFO(line);
    CHECK(observe_fields(raw_chunk({line}), {{"x"}}).records == 0);
  }
}

TEST_CASE("observe: paths may share a beginning or be the same") {
  const auto seen = observe_fields(raw_chunk({"{\"a\":{\"b\":1,\"c\":[2]},\"d\":true}"}),
                                   {{"a", "b"}, {"a", "c"}, {"a"}, {"d"}, {"d"}});
  CHECK(seen.fields[0].integers == 1);
  CHECK(seen.fields[1].shapes == std::map<Shape, std::size_t>{{Shape{1}, 1}});
  CHECK(seen.fields[2].others == 1);
  CHECK(seen.fields[3].booleans == 1);
  CHECK(seen.fields[4].booleans == 1);
  CHECK(seen.keys == std::vector<std::string>{"a", "d"});
}
