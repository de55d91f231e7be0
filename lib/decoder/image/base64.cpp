#include "decoder/image/base64.hpp"

#include <array>
#include <cstdint>

namespace infer::detail {
namespace {

constexpr std::uint32_t kNone = 1U << 31U;  ///< of a character that is none of the 64

/// Of each character its six bits, moved to where they belong in the three bytes that four of them make.
using BitsOf = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr BitsOf make_bits() {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  BitsOf bits{};
  for (std::size_t place = 0; place < bits.size(); ++place) {
    auto& table = bits.at(place);
    table.fill(kNone);
    const auto put = [&](char digit, std::uint32_t value) {
      table.at(static_cast<unsigned char>(digit)) = value << (18 - 6 * place);
    };
    for (std::uint32_t value = 0; value < kDigits.size(); ++value) put(kDigits[value], value);
    put('-', 62);  // as in names of files and in URLs
    put('_', 63);
  }
  return bits;
}

constexpr auto kBits = make_bits();

constexpr bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

constexpr std::uint32_t bits_at(std::size_t place, char digit) {
  return kBits[place][static_cast<unsigned char>(digit)];
}

/// Digits as they come, with blanks between them, up to the padding.
class DigitByDigit {
 public:
  explicit DigitByDigit(std::byte* target) : target_(target) {}

  bool is_between() const { return count_ == 0; }
  std::byte* target() const { return target_; }

  /// False where it does not belong there.
  bool take(char c) {
    if (is_blank(c)) return true;
    if (c == '=') return ++padding_ + count_ <= 4 && count_ >= 2;
    const auto bits = bits_at(count_, c);
    if (bits == kNone || padding_ > 0) return false;
    group_ |= bits;
    if (++count_ == 4) put(3);
    return true;
  }

  /// False where the last digits make no whole byte.
  bool end() {
    if (count_ == 0) return true;
    if (count_ == 1 || (padding_ > 0 && count_ + padding_ != 4)) return false;
    put(count_ - 1);
    return true;
  }

 private:
  void put(std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) *target_++ = static_cast<std::byte>(group_ >> (16 - 8 * i));
    group_ = 0;
    count_ = 0;
  }

  std::byte* target_;
  std::uint32_t group_ = 0;
  std::size_t count_ = 0;
  std::size_t padding_ = 0;  ///< only behind two or three digits
};

/// Groups of four digits without blanks, from `at` on; returns where the first other one stands.
std::size_t decode_groups(std::string_view text, std::size_t at, std::byte*& target) {
  for (; at + 4 <= text.size(); at += 4) {
    const auto group =
        bits_at(0, text[at]) | bits_at(1, text[at + 1]) | bits_at(2, text[at + 2]) | bits_at(3, text[at + 3]);
    if ((group & kNone) != 0) break;
    *target++ = static_cast<std::byte>(group >> 16U);
    *target++ = static_cast<std::byte>(group >> 8U);
    *target++ = static_cast<std::byte>(group);
  }
  return at;
}

}  // namespace

std::optional<std::size_t> decode_base64(std::string_view text, RawBytes& bytes) {
  bytes.resize(text.size() / 4 * 3 + 3);
  auto* target = bytes.data();
  std::size_t at = 0;
  DigitByDigit rest(target);
  while (at < text.size()) {
    if (rest.is_between()) {
      target = rest.target();
      at = decode_groups(text, at, target);
      rest = DigitByDigit(target);
    }
    for (bool first = true; at < text.size() && (first || !rest.is_between()); ++at, first = false) {
      if (!rest.take(text[at])) return at;
    }
  }
  if (!rest.end()) return text.size();
  bytes.resize(static_cast<std::size_t>(rest.target() - bytes.data()));
  return std::nullopt;
}

}  // namespace infer::detail
