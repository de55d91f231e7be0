#include "row_key/key_digest.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

using namespace infer;

namespace {

RowKey key_of(KeyDigest& digest, const std::vector<std::string_view>& pieces) {
  digest.begin();
  for (const auto piece : pieces) digest.add(piece);
  return digest.key();
}

}  // namespace

TEST_CASE("row key: the same pieces have one, cut otherwise they have another") {
  KeyDigest digest(random_digest_secret());
  const auto key = key_of(digest, {"ab", "c"});
  CHECK(key == key_of(digest, {"ab", "c"}));
  const std::vector<std::vector<std::string_view>> others{{"a", "bc"}, {"abc"}, {"ab", "c", ""}, {"ab"}, {}};
  for (const auto& other : others) CHECK(key_of(digest, other) != key);
  CHECK_FALSE(key_of(digest, {}).is_none());
}

TEST_CASE("row key: numbers count with their places") {
  KeyDigest digest(random_digest_secret());
  const auto of_numbers = [&](std::int64_t one, std::int64_t other) {
    digest.begin();
    digest.add(one);
    digest.add(other);
    return digest.key();
  };
  CHECK(of_numbers(1, 2) == of_numbers(1, 2));
  CHECK(of_numbers(1, 2) != of_numbers(2, 1));
}

TEST_CASE("row key: another secret gives other keys, which nobody can know") {
  KeyDigest one(random_digest_secret());
  KeyDigest other(random_digest_secret());
  CHECK(key_of(one, {"a"}) != key_of(other, {"a"}));
}
