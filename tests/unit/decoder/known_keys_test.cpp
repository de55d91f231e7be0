// Keys that are kept, which a build without Rust does not make.
#include <optional>
#include <string>
#include <string_view>

#include "unit/decoder/reusing.hpp"

using namespace infer;
using namespace infer::test;

TEST_CASE("known rows: keys are of what the model gets, and of their context") {
  const auto key_of = [](const std::string& context, std::string_view line) {
    return decode(reusing({.key_context = context}), {line}).table.rows[0].key;
  };
  const auto key = key_of("a", "{\"id\":1,\"x\":[1,2],\"n\":3}");
  CHECK_FALSE(key.is_none());
  CHECK(key == key_of("a", "{\"n\":3,\"x\":[1.0,2]}"));
  CHECK(key != key_of("b", "{\"id\":1,\"x\":[1,2],\"n\":3}"));
  CHECK(key != key_of("a", "{\"id\":1,\"x\":[1,2],\"n\":4}"));
  CHECK(key_of("a", "{\"id\":1}").is_none());
}

TEST_CASE("known rows: a row of an earlier output has no example, and comes before a repeat") {
  const auto known = decode(reusing({.key_context = "a"}), {"{\"x\":[1],\"n\":3}"}).table.rows[0].key;
  RowReuse reuse{.repeats = true, .key_context = "a"};
  reuse.earlier = [&](const RowKey& key) {
    return key == known ? std::optional<std::string_view>("its row\n") : std::nullopt;
  };
  const auto chunk = decode(reusing(reuse), {"{\"id\":1,\"x\":[1],\"n\":4}", "{\"id\":2,\"x\":[1],\"n\":3}",
                                             "{\"id\":3,\"x\":[1],\"n\":3}"});
  CHECK(chunk.examples == 1);
  CHECK(chunk.work.reused == 2);
  CHECK(chunk.work.repeated == 0);
  CHECK_FALSE(chunk.table.rows[0].earlier);
  CHECK(chunk.table.rows[1].earlier == std::optional<std::string_view>("its row\n"));
  CHECK(chunk.table.rows[2].key == known);
  CHECK(chunk.table.carried_of(chunk.table.rows[2]) == "\"id\":3");
}
