#include "base/message.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"

namespace infer {
namespace {

enum class Colour : std::uint8_t { red, green };

struct Plain {
  std::uint32_t small = 0;
  double number = 0;

  bool operator==(const Plain&) const = default;
};

struct Inner {
  std::string name;
  std::optional<std::string> note;

  bool operator==(const Inner&) const = default;
};

struct Outer {
  std::vector<Inner> inner;
  std::vector<std::vector<std::string>> paths;
  std::vector<Plain> plain;
  std::optional<Inner> one;
  std::optional<std::uint64_t> number;
  Colour colour = Colour::red;
  bool flag = false;

  bool operator==(const Outer&) const = default;
};

template <class Archive, MaybeConst<Inner> Value>
void fields(Archive& all, Value& inner) {
  all(inner.name, inner.note);
}

template <class Archive, MaybeConst<Outer> Value>
void fields(Archive& all, Value& outer) {
  all(outer.inner, outer.paths, outer.plain, outer.one, outer.number, outer.colour, outer.flag);
}

Outer filled() {
  return {{{"a", "b"}, {std::string("nul \0 inside", 12), std::nullopt}},
          {{"x", "y"}, {}, {""}},
          {{1, 2.5}, {3, -0.0}},
          Inner{"", ""},
          7,
          Colour::green,
          true};
}

TEST_CASE("message: a struct with structs, lists and what may be missing comes back") {
  CHECK(from_message<Outer>(to_message(filled())) == filled());
  CHECK(from_message<Outer>(to_message(Outer{})) == Outer{});
}

TEST_CASE("message: several follow one another") {
  const auto bytes = to_message(filled(), Inner{"last", std::nullopt});
  ByteReader reader(bytes);
  CHECK(from_message<Outer>(reader) == filled());
  CHECK(from_message<Inner>(reader) == Inner{"last", std::nullopt});
  CHECK(reader.at_end());
}

TEST_CASE("message: one that is cut short anywhere is an internal error") {
  const auto bytes = to_message(filled());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_THROWS_AS(from_message<Outer>(ByteView(bytes).first(size)), InternalError);
}

}  // namespace
}  // namespace infer
