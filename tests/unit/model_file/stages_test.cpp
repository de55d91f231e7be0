#include "model_file/stages.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "model_file/bundle.hpp"
#include "unit/base/expect_error.hpp"

namespace infer {
namespace {

using Catch::Contains;
using Names = std::vector<std::string>;

/// ids, mask -> two stages' own values -> y; the second stage takes nothing of the inputs, the last one the
/// mask.
const std::vector<ModelStage> kThree{
    {"a", {"ids", "mask"}, {"h0", "early"}}, {"b", {"h0"}, {"h1"}}, {"c", {"h1", "mask", "early"}, {"y"}}};
const Names kInputs{"ids", "mask"};

std::string document(const std::string& stages) {
  return R"({"infer_bundle": 1, "task": "outputs", "inputs": [
    {"name": "x", "dtype": "float32", "shape": [2], "from": "field"}],
    "outputs": [{"name": "y", "shape": []}], "stages": )" +
         stages + "}";
}

std::string refusal(const std::string& stages) {
  return test::message_of<UsageError>([&] { parse_bundle(document(stages), "m.pt2: infer.json"); });
}

}  // namespace

TEST_CASE("stages: what is carried is what a later stage takes, in the order in which it came about") {
  CHECK(carried_into(kThree, kInputs, 0) == kInputs);
  CHECK(carried_into(kThree, kInputs, 1) == Names{"mask", "h0", "early"});
  CHECK(carried_into(kThree, kInputs, 2) == Names{"mask", "early", "h1"});
  CHECK(carried_into(kThree, kInputs, 3) == Names{"y"});
}

TEST_CASE("stages: parts have as many as each other, the first ones one more") {
  CHECK(share_of_stages(7, 0, 3) == StageSpan{0, 3});
  CHECK(share_of_stages(7, 1, 3) == StageSpan{3, 5});
  CHECK(share_of_stages(7, 2, 3) == StageSpan{5, 7});
  for (std::size_t stages = 1; stages < 20; ++stages) {
    for (std::size_t parts = 1; parts <= stages; ++parts) {
      std::size_t end = 0;
      for (std::size_t part = 0; part < parts; ++part) {
        const auto span = share_of_stages(stages, part, parts);
        CHECK(span.begin == end);
        CHECK(span.size() >= stages / parts);
        CHECK(span.size() <= stages / parts + 1);
        end = span.end;
      }
      CHECK(end == stages);
    }
  }
}

TEST_CASE("stages: a bundle's lead from its inputs to its outputs") {
  const auto bundle = parse_bundle(document(R"([{"name": "a", "takes": ["x"], "gives": ["h"]},
    {"name": "b", "takes": ["h", "x"], "gives": ["y"]}])"),
                                   "m.pt2: infer.json");
  REQUIRE(bundle.stages.size() == 2);
  CHECK(bundle.stages[1].name == "b");
  CHECK(bundle.stages[1].takes == Names{"h", "x"});
  CHECK(bundle.stages[1].gives == Names{"y"});
}

TEST_CASE("stages: those of a bundle that do not go together are refused by their key") {
  CHECK_THAT(refusal("[]"), Contains("at least two stages"));
  CHECK_THAT(refusal(R"([{"name": "a", "takes": ["x"], "gives": ["y"]}])"), Contains("at least two stages"));
  CHECK_THAT(refusal(R"([{"name": "a", "takes": ["z"], "gives": ["y"]}])"),
             Contains("takes") && Contains("\"z\" is neither an input"));
  CHECK_THAT(refusal(R"([{"name": "a", "takes": ["y"], "gives": ["y"]}])"), Contains("\"y\" is neither"));
  CHECK_THAT(refusal(R"([{"name": "a", "takes": ["x"], "gives": ["x"]}])"),
             Contains("\"x\" is there already"));
  CHECK_THAT(refusal(R"([{"name": "a", "takes": ["x"], "gives": ["h"]},
    {"name": "b", "takes": ["h"], "gives": ["k"]}])"),
             Contains("must end with"));
  CHECK_THAT(refusal(R"([{"name": "a", "takes": [], "gives": ["y"]}])"), Contains("takes"));
  CHECK_THAT(refusal(R"([{"name": "a", "takes": ["x"], "gives": ["h"]},
    {"name": "a", "takes": ["h"], "gives": ["y"]}])"),
             Contains("another stage's"));
  CHECK_THAT(refusal(R"([{"name": "a", "takes": ["x"], "gives": ["y"], "device": 1}])"), Contains("device"));
}

}  // namespace infer
