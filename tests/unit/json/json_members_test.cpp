#include "json/json_members.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "json/json_text.hpp"

using namespace infer;

namespace {

std::vector<std::string> members_of(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const auto member = take_json_member(text);
    found.push_back(std::string(member.key) + "=" + std::string(member.value));
  }
  return found;
}

std::string unescaped(std::string_view quoted) {
  std::string text;
  append_unescaped(text, quoted);
  return text;
}

}  // namespace

TEST_CASE("json members: each with its value as it stands, whatever is nested in it") {
  CHECK(members_of("").empty());
  CHECK(members_of(R"("a":1)") == std::vector<std::string>{"\"a\"=1"});
  CHECK(members_of(R"("a":-1.5e3,"b":"x,\"}","c":[1, {"d":"]\\"}],"e":{"f":[]},"g":null,"h":true )") ==
        std::vector<std::string>{"\"a\"=-1.5e3", R"("b"="x,\"}")", R"("c"=[1, {"d":"]\\"}])",
                                 R"("e"={"f":[]})", "\"g\"=null", "\"h\"=true"});
  CHECK(members_of(R"("a\"b:":"","":[])") == std::vector<std::string>{R"("a\"b:"="")", "\"\"=[]"});
}

TEST_CASE("json members: items of a list come one after the other") {
  std::string_view items = R"(1,null,"a,b",[2,3],"",["]"],[[1],[]],[{"a":[]}],[])";
  for (const std::string expected :
       {"1", "null", "\"a,b\"", "[2,3]", "\"\"", "[\"]\"]", "[[1],[]]", "[{\"a\":[]}]", "[]"})
    CHECK(take_json_value(items) == expected);
  CHECK(items.empty());
}

TEST_CASE("json members: a string says what its escapes mean") {
  CHECK(unescaped(R"("")").empty());
  CHECK(unescaped(R"("a\"\\\/\b\f\n\r\tz")") == "a\"\\/\b\f\n\r\tz");
  CHECK(unescaped(R"("\u0041\u00e9\u20ac\uD83D\uDE00")") == "A\u00e9\u20ac\U0001F600");
}

TEST_CASE("json members: half a surrogate pair becomes U+FFFD and takes nothing with it") {
  CHECK(unescaped(R"("\ud83d")") == "\uFFFD");
  CHECK(unescaped(R"("\ud83dx\ude00")") == "\uFFFDx\uFFFD");
  CHECK(unescaped(R"("\ud83d\ud83d\ude00")") == "\uFFFD\U0001F600");
  CHECK(unescaped(R"("\ud83d\n")") == "\uFFFD\n");
}

TEST_CASE("json members: any text comes back") {
  std::mt19937 random(7);
  const std::string letters = "a\"\\,\n\r\t \x01/u{}[]\xC3\xA9";
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto left = random() % 12; left > 0; --left) {
      const auto at = random() % (letters.size() - 1);
      text += at == letters.size() - 2 ? letters.substr(at) : letters.substr(at, 1);
    }
    std::string quoted;
    append_json_string(quoted, text);
    std::string_view rest = quoted;
    CHECK(take_json_value(rest) == quoted);
    REQUIRE(unescaped(quoted) == text);
  }
}
