#include "model_file/code_depth.hpp"

#include <catch2/catch.hpp>
#include <string>

using infer::detail::code_depth;

namespace {

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("code depth: whatever nests one expression counts") {
  constexpr std::size_t kMany = 5000;
  for (const auto& code :
       {"x = " + times(kMany, "(") + "1" + times(kMany, ")"), "x = " + times(kMany, "- ") + "1",
        "x = " + times(kMany, "not ") + "y", "x = " + times(kMany, "1 + ") + "1",
        "x = f(1, " + times(kMany, "[") + times(kMany, "]") + ")", "x = y" + times(kMany, ".z"),
        "x = " + times(kMany, "1 if y else ") + "2", "x = (1" + times(kMany, "\n + 1") + ")",
        times(kMany, " ") + "x = 1", times(kMany, "elif y:\n  x = 1\n")}) {
    INFO(code.substr(0, 20));
    CHECK(code_depth(code) >= kMany);
  }
}

TEST_CASE("code depth: what is only long does not") {
  constexpr std::size_t kMany = 5000;
  constexpr std::size_t kFew = 20;
  CHECK(code_depth(times(kMany, "x = (1 + 2) * -3\n")) < kFew);
  CHECK(code_depth("x = [" + times(kMany, "-1, f(2 * 3), ") + "4]") < kFew);
  CHECK(code_depth("x = \"" + times(kMany, "(") + "\\\"" + times(kMany, "-") + "\"") < kFew);
  CHECK(code_depth("# " + times(kMany, "(") + "\nx = 1") < kFew);
  CHECK(code_depth(times(kMany, ")")) < kFew);
  CHECK(code_depth("") == 0);
  CHECK(code_depth("\"\\") == 0);
}
