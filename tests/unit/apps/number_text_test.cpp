#include "command_line/number_text.hpp"

#include <catch2/catch.hpp>

using namespace infer;

namespace {

/// What is read of `text`, or what is wrong with it.
std::string read(std::string (*make)(std::string&), std::string text) {
  const auto problem = make(text);
  return problem.empty() ? text : problem;
}

}  // namespace

TEST_CASE("number text: zeros in front make no octal number of it") {
  CHECK(read(make_count, "0100") == "100");
  CHECK(read(make_count, "08") == "8");
  CHECK(read(make_count, "000") == "0");
  CHECK(read(make_count, "+5") == "5");
  CHECK(read(make_whole, "-010") == "-10");
  CHECK(read(make_size, "010KiB") == "10KiB");
  CHECK(read(make_size, "0.5") == "0.5");
}

TEST_CASE("number text: what no count is, is not wrapped into one") {
  CHECK(read(make_count, "-1") == "\"-1\" is below 0");
  CHECK(read(make_size, "-5KiB") == "\"-5KiB\" is below 0");
  CHECK(read(make_count, "18446744073709551615") == "18446744073709551615");
  CHECK(read(make_count, "18446744073709551616") == "\"18446744073709551616\" is too large");
  CHECK(read(make_whole, "2147483648") == "\"2147483648\" is too large");
  for (const auto* text : {"0x10", "1e3", "1.5", "many", "", "+", "-", "1 "})
    CHECK(read(make_count, text) == "\"" + std::string(text) + "\" is no number");
  CHECK(read(make_size, "0x10") == "\"0x10\" is no number");
}
