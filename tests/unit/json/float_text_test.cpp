#include "json/float_text.hpp"

#include <array>
#include <bit>
#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

using namespace infer;

namespace {

std::string standard_text(float value) {
  std::array<char, 64> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string our_text(float value) {
  std::array<char, kFloatRoom> text;
  return {text.data(), write_float(text.data(), value)};
}

/// With its neighbours, of either sign.
void check_around(float value) {
  for (const auto near : {std::nextafter(value, 0.0F), value, std::nextafter(value, 2 * value)}) {
    REQUIRE(our_text(near) == standard_text(near));
    REQUIRE(our_text(-near) == standard_text(-near));
  }
}

}  // namespace

TEST_CASE("float text: short where a short text reads back") {
  CHECK(our_text(0.1F) == "0.1");
  CHECK(our_text(-0.25F) == "-0.25");
  CHECK(our_text(0.3F) == "0.3");
  CHECK(our_text(16.0F) == "16");
  CHECK(our_text(16.1F) == "16.1");
  CHECK(our_text(0.0F) == "0");
  CHECK(our_text(-0.0F) == "-0");
  CHECK(our_text(1e20F) == "1e+20");
}

TEST_CASE("float text: fixed or scientific, whichever is shorter") {
  CHECK(our_text(0.001F) == "0.001");
  CHECK(our_text(0.0005F) == "5e-04");
  CHECK(our_text(0.00055F) == "0.00055");
  CHECK(our_text(0.00012345678F) == "0.00012345678");
  CHECK(our_text(1.2345678e-05F) == "1.2345678e-05");
  CHECK(our_text(100000.0F) == "1e+05");
  CHECK(our_text(8388607.5F) == "8388607.5");
  CHECK(our_text(std::numeric_limits<float>::min()) == "1.1754944e-38");
}

TEST_CASE("float text: a value in the middle of two texts takes the even one") {
  CHECK(our_text(2097152.25F) == "2097152.2");
  CHECK(our_text(2097152.75F) == "2097152.8");
}

TEST_CASE("float text: that of std::to_chars at every edge") {
  for (int power = -149; power <= 127; ++power) check_around(std::ldexp(1.0F, power));
  for (int power = -45; power <= 37; ++power) {
    for (int digit = 1; digit <= 9; ++digit) check_around(static_cast<float>(digit * std::pow(10.0, power)));
  }
  for (int whole = 1; whole < 20000; ++whole) check_around(static_cast<float>(whole));
  check_around(std::numeric_limits<float>::max());
}

TEST_CASE("float text: that of std::to_chars for any bits, and for those that embeddings have") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 0.05F);
  for (int round = 0; round < 200000; ++round) {
    const auto any = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    const auto usual = normal(random);
    if (our_text(any) != standard_text(any)) FAIL(standard_text(any));
    if (our_text(usual) != standard_text(usual)) FAIL(standard_text(usual));
    if (our_text(100 * usual) != standard_text(100 * usual)) FAIL(standard_text(100 * usual));
  }
}

TEST_CASE("float text: that of std::to_chars for every float", "[.every-float]") {  // minutes
  for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32U; ++bits) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    std::array<char, kFloatRoom> ours;
    std::array<char, 64> theirs;
    const std::string_view text(ours.data(), write_float(ours.data(), value));
    if (text != std::string_view(theirs.data(), std::to_chars(theirs.data(), theirs.data() + 64, value).ptr))
      FAIL(standard_text(value));
  }
}
