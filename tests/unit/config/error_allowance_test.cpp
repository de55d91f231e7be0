#include "config/choices.hpp"

#include <catch2/catch.hpp>

using namespace infer;

TEST_CASE("max errors: a number permits that many, 0 none") {
  CHECK(ErrorAllowance{0, false}.permits(0, 100));
  CHECK_FALSE(ErrorAllowance{0, false}.permits(1, 100));
  CHECK(ErrorAllowance{5, false}.permits(5, 5));
  CHECK_FALSE(ErrorAllowance{5, false}.permits(6, 1'000'000));
}

TEST_CASE("max errors: a percentage is of the rows, and an empty input permits no failure and has none") {
  CHECK(ErrorAllowance{1, true}.permits(10, 1000));
  CHECK_FALSE(ErrorAllowance{1, true}.permits(11, 1000));
  CHECK(ErrorAllowance{0, true}.permits(0, 1000));
  CHECK(ErrorAllowance{1, true}.permits(0, 0));
  CHECK(ErrorAllowance{100, true}.permits(7, 7));
}

TEST_CASE("max errors: every tenth of a percent permits exactly that many of 1000") {
  std::vector<double> wrong;
  for (std::uint64_t tenths = 0; tenths <= 1000; ++tenths) {
    const ErrorAllowance allowance{static_cast<double>(tenths) / 10, true};
    if (!allowance.permits(tenths, 1000) || allowance.permits(tenths + 1, 1000))
      wrong.push_back(allowance.value);
  }
  CHECK(wrong == std::vector<double>{});
}
