#include "reader/stream/packing.hpp"

#include <algorithm>
#include <array>

namespace infer {
namespace {

std::uint32_t little_endian(ByteView bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

}  // namespace

Packing packing_of(ByteView head) {
  constexpr std::array kGzip{std::byte{0x1f}, std::byte{0x8b}};
  constexpr std::uint32_t kFrame = 0xFD2FB528;
  constexpr std::uint32_t kSkippable = 0x184D2A50;  // to ...5F: pzstd begins with one
  if (head.size() >= kGzip.size() && std::equal(kGzip.begin(), kGzip.end(), head.begin()))
    return Packing::gzip;
  if (head.size() < kPackingBytes) return Packing::none;
  const auto magic = little_endian(head.first(kPackingBytes));
  return magic == kFrame || (magic & ~0xFU) == kSkippable ? Packing::zstandard : Packing::none;
}

}  // namespace infer
