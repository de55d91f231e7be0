#include <catch2/catch.hpp>
#include <string>

#include "row_key/key_digest.hpp"

using namespace infer;

TEST_CASE("row key: kept ones are BLAKE3, keyed by the hash of their context") {
  // By Python's blake3 1.0.11: blake3(lengths and pieces, key=blake3(b"of this model").digest()).
  KeyDigest digest("of this model");
  digest.begin();
  CHECK(digest.key() == RowKey{0xe23824140a199047, 0x1543a44896d3ae24});
  digest.add("a text");
  CHECK(digest.key() == RowKey{0xdfeec85d3934e829, 0xb3bf8560f61b00ae});
  digest.begin();
  digest.add(std::int64_t{7});
  digest.add("");
  CHECK(digest.key() == RowKey{0xf6fb7770271f1d21, 0xf225e53bf967a548});
  digest.begin();
  digest.add(std::string(5000, 'x'));
  CHECK(digest.key() == RowKey{0x13a86b953e3daac0, 0x47fc4d2bbaca4c4b});
}

TEST_CASE("row key: another context gives other keys") {
  KeyDigest one("of this model");
  KeyDigest other("of that model");
  for (auto* digest : {&one, &other}) {
    digest->begin();
    digest->add("a text");
  }
  CHECK(one.key() != other.key());
}
