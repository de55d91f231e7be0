#include "progress/json_object.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace infer;

TEST_CASE("json object: fields stand in the order in which they came, whatever bytes they have") {
  JsonObject object;
  object.add("text", "a \"b\"\n\033[K").add("count", std::uint64_t{1} << 60U).add("number", 0.1);
  object.add("list", std::vector<std::string>{"x", "y"}).add("none", std::vector<std::string>{});
  CHECK(object.fields() ==
        R"("text":"a \"b\"\n\u001b[K","count":1152921504606846976,"number":0.1,"list":["x","y"],"none":[])");
}

TEST_CASE("json object: what is not known is left out, and what is no number is null") {
  JsonObject object;
  object.add("unknown", std::optional<double>()).add("known", std::optional<std::uint64_t>(3));
  object.add("ratio", std::numeric_limits<double>::quiet_NaN());
  CHECK(object.fields() == R"("known":3,"ratio":null)");
}
