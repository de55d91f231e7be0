#include "base/digest.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <utility>

using namespace infer;

TEST_CASE("digest: is XXH3 with 64 bits, as other programs have it") {
  CHECK(digest_text(digest_of("")) == "2d06800538d394c2");
  CHECK(digest_text(digest_of("abc")) == "78af5f94892f3950");
}

TEST_CASE("digest: of nothing added is that of an empty text") {
  CHECK(Digest().value() == digest_of(""));
  Digest digest;
  digest.add("");
  CHECK(digest.value() == digest_of(""));
}

TEST_CASE("digest: of pieces is that of the whole, wherever it is cut") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += static_cast<char>(i * i);
  for (const std::size_t piece : {1U, 7U, 16U, 240U, 241U, 1024U, 3000U}) {
    Digest digest;
    for (std::size_t at = 0; at < text.size(); at += piece)
      digest.add(std::string_view(text).substr(at, piece));
    CHECK(digest.value() == digest_of(text));
  }
}

TEST_CASE("digest: may be asked in between, and goes on") {
  Digest digest;
  digest.add("ab");
  CHECK(digest.value() == digest_of("ab"));
  CHECK(digest.value() == digest_of("ab"));
  digest.add("c");
  CHECK(digest.value() == digest_of("abc"));
}

TEST_CASE("digest: moves with what was added, and starts anew by assignment") {
  Digest digest;
  digest.add("ab");
  Digest moved(std::move(digest));
  moved.add("c");
  CHECK(moved.value() == digest_of("abc"));
  moved = {};
  CHECK(moved.value() == digest_of(""));
}

TEST_CASE("digest: every changed byte, zero bytes and the length count") {
  std::set<std::uint64_t> seen;
  const std::string text(100, '\0');
  seen.insert(digest_of(text));
  seen.insert(digest_of(text + '\0'));
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = 1;
    seen.insert(digest_of(changed));
  }
  CHECK(seen.size() == text.size() + 2);
}

TEST_CASE("digest: is written with all of its 16 digits") {
  CHECK(digest_text(0) == "0000000000000000");
  CHECK(digest_text(0xabc) == "0000000000000abc");
  CHECK(digest_text(~std::uint64_t{0}) == "ffffffffffffffff");
}
