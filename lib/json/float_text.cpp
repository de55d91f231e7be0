#include "json/float_text.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace infer {
namespace {

// A float is mantissa × 2^exponent, and its exponent field is the exponent + 150. What is below 0.0001 has a
// scientific text, as 1e-05, and from 2^23 on there are whole numbers only: both are left to the standard
// library.
constexpr std::uint32_t kFractionBits = 23;
constexpr std::uint32_t kFractionMask = (1U << kFractionBits) - 1;
constexpr auto kLeast = std::bit_cast<std::uint32_t>(0.0001F);
constexpr auto kMost = std::bit_cast<std::uint32_t>(8388607.5F);
constexpr auto kOne = std::bit_cast<std::uint32_t>(1.0F);
constexpr auto kOneThousandth = std::bit_cast<std::uint32_t>(0.001F);

/// Of all floats with one exponent field: mantissa × 5^power / 2^shift is the float × 10^power. That power of
/// ten is the least by which neighbours come to lie 1 or more apart; it is less than 10 then.
struct Scale {
  std::uint32_t power_of_five = 1;
  std::uint16_t shift = 0;
  std::uint16_t power = 0;
};

constexpr Scale make_scale(std::uint32_t exponent_field) {
  Scale scale;
  const auto halvings = 150 - exponent_field;
  for (std::uint64_t ten = 1; ten < std::uint64_t{1} << halvings; ten *= 10) {
    scale.power_of_five *= 5;
    ++scale.power;
  }
  scale.shift = static_cast<std::uint16_t>(halvings - scale.power);
  return scale;
}

constexpr auto kScales = [] {
  constexpr auto least = kLeast >> kFractionBits;
  std::array<Scale, (kMost >> kFractionBits) - least + 1> scales;
  for (std::uint32_t i = 0; i < scales.size(); ++i) scales[i] = make_scale(least + i);
  return scales;
}();

/// The whole number with the fewest digits, and of these the nearest, to mantissa × 5^power / 2^shift among
/// those that read back as this float, because they lie between the middles to its neighbours: on them too
/// when the mantissa is even. At most one of them is a multiple of ten. Exact: all is counted in halves of
/// 2^-shift, which fit into 64 bits. No branches: nobody could foretell them.
std::uint32_t shortest_number(std::uint64_t mantissa, const Scale& scale) {
  const auto shift = scale.shift + 1U;
  const auto value = 2 * mantissa * scale.power_of_five;
  const auto reach = scale.power_of_five - (mantissa & 1U);
  const auto multiple_of_ten = std::uint64_t{static_cast<std::uint32_t>((value + reach) >> shift) / 10 * 10};
  const auto half = std::uint64_t{1} << scale.shift;
  const auto nearest = (value + half - 1 + ((value >> shift) & 1U)) >> shift;  // a tie goes to the even one
  const auto is_shorter = std::uint64_t{(multiple_of_ten << shift) >= value - reach};
  return static_cast<std::uint32_t>(nearest + (multiple_of_ten - nearest) * is_shorter);
}

/// The digits of a number below 10^8, one in each byte, the first in the lowest. Cuts the number into halves,
/// these into halves, and these again, always all of them at once; a product and a shift give the quotients.
std::uint64_t eight_digits(std::uint64_t number) {
  constexpr std::uint64_t one = 1;
  const auto fours = (number << 32U) - ((number * 109951163) >> 40U) * (10000 * (one << 32U) - 1);
  const auto hundreds = ((fours * 10486) >> 20U) & 0x0000007F0000007FU;
  const auto twos = (fours << 16U) - hundreds * (100 * (one << 16U) - 1);
  const auto tens = ((twos * 103) >> 10U) & 0x000F000F000F000FU;
  return (twos << 8U) - tens * (10 * (one << 8U) - 1);
}

static_assert(std::endian::native == std::endian::little);  // bytes of words are written as characters

/// Of a number below 2 × 10^8, zeros in front included.
struct NineDigits {
  char first = '0';
  std::uint64_t others = 0;  ///< as text
  int zeros_behind = 0;      ///< of these
};

NineDigits nine_digits(std::uint32_t number) {
  constexpr std::uint64_t kZeros = 0x3030303030303030U;
  const auto first = number >= 100000000 ? 1U : 0U;
  const auto others = eight_digits(number - first * 100000000);
  return {static_cast<char>('0' + first), others | kZeros, std::countl_zero(others) >> 3U};
}

/// digits / 10^power, as 0.00123; power is 8 or more.
char* write_below_one(char* to, const NineDigits& digits, int power) {
  std::memcpy(to, "0.000000", 8);
  char* at = to + power - 7;
  *at = digits.first;
  std::memcpy(at + 1, &digits.others, 8);
  to[1] = '.';  // where the first digit was, when power is 8
  return at + 9 - digits.zeros_behind;
}

/// digits / 10^power, as 12.3; power is 7 or less, and at most two zeros are in front.
char* write_above_one(char* to, const NineDigits& digits, int power, int zeros_in_front) {
  std::array<char, 17> text{};  // eight bytes can be copied from any digit
  text[0] = digits.first;
  std::memcpy(&text[1], &digits.others, 8);
  std::memcpy(to, text.data() + zeros_in_front, 8);
  to += 9 - power - zeros_in_front;
  *to = '.';
  std::memcpy(to + 1, text.data() + 9 - power, 8);
  return to + 1 + power - digits.zeros_behind;
}

}  // namespace

char* write_float(char* to, float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto magnitude = bits & 0x7FFFFFFFU;
  const auto fraction = bits & kFractionMask;
  const bool is_power_of_two = fraction == 0;  // its neighbours are not equally far
  if (magnitude >= kLeast && magnitude <= kMost && !is_power_of_two) [[likely]] {
    const auto& scale = kScales[(magnitude >> kFractionBits) - (kLeast >> kFractionBits)];
    const auto number = shortest_number(fraction | (kFractionMask + 1), scale);
    const auto digits = nine_digits(number);
    *to = '-';
    char* begin = to + (bits >> 31U);
    if (magnitude < kOne) {
      char* end = write_below_one(begin, digits, scale.power);
      if (end - begin > 6 || magnitude >= kOneThousandth) return end;  // 5e-04 is shorter than 0.0005
    } else if (digits.zeros_behind < scale.power) {
      return write_above_one(begin, digits, scale.power, (number < 100000000) + (number < 10000000));
    }
  }
  return std::to_chars(to, to + kFloatRoom, value).ptr;
}

}  // namespace infer
