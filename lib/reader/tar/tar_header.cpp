#include "reader/tar/tar_header.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

namespace infer {
namespace {

struct Field {
  std::size_t at;
  std::size_t bytes;
};

constexpr Field kName{0, 100};
constexpr Field kSize{124, 12};
constexpr Field kChecksum{148, 8};
constexpr std::size_t kTypeAt = 156;
constexpr Field kMagic{257, 6};
constexpr Field kPrefix{345, 155};  // of ustar; GNU tar keeps other things there

std::string_view text_of(ByteView block, Field field) {
  return {reinterpret_cast<const char*>(block.data()) + field.at, field.bytes};
}

std::string_view up_to_zero(std::string_view text) { return text.substr(0, text.find('\0')); }

/// With spaces before and a space or zero behind; all blank is 0.
std::optional<std::uint64_t> octal(std::string_view text) {
  text = up_to_zero(text);
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  std::uint64_t value = 0;  // of 12 digits at most: 36 bits
  for (const char digit : text) {
    if (digit < '0' || digit > '7') return std::nullopt;
    value = value * 8 + static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

/// Big endian behind a byte 0x80: sizes of 8 GiB and more.
std::optional<std::uint64_t> base_256(std::string_view text) {
  std::uint64_t value = 0;
  for (const char c : text.substr(1)) {
    if (value > std::numeric_limits<std::uint64_t>::max() >> 8U) return std::nullopt;
    value = value << 8U | static_cast<unsigned char>(c);
  }
  return value;
}

std::optional<std::uint64_t> number(std::string_view text) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto value = text.front() == '\x80' ? base_256(text) : octal(text);
  return value && *value <= kMost ? value : std::nullopt;
}

/// As if the checksum's own bytes were spaces. Old programs took bytes for signed.
bool has_checksum(ByteView block) {
  const auto said = octal(text_of(block, kChecksum));
  std::int64_t as_unsigned = 0;
  std::int64_t as_signed = 0;
  for (std::size_t i = 0; i < kTarBlockBytes; ++i) {
    const bool is_own = i >= kChecksum.at && i < kChecksum.at + kChecksum.bytes;
    const auto byte = is_own ? std::byte{' '} : block[i];
    as_unsigned += std::to_integer<unsigned char>(byte);
    as_signed += static_cast<signed char>(byte);
  }
  if (!said) return false;
  const auto sum = static_cast<std::int64_t>(*said);
  return sum == as_unsigned || sum == as_signed;
}

std::string full_name(ByteView block) {
  const auto name = up_to_zero(text_of(block, kName));
  if (text_of(block, kMagic) != std::string_view("ustar\0", kMagic.bytes)) return std::string(name);
  const auto prefix = up_to_zero(text_of(block, kPrefix));
  return prefix.empty() ? std::string(name) : std::string(prefix) + '/' + std::string(name);
}

}  // namespace

bool is_zero_block(ByteView block) {
  return std::ranges::all_of(block, [](std::byte byte) { return byte == std::byte{0}; });
}

std::optional<TarHeader> parse_tar_header(ByteView block) {
  if (!has_checksum(block)) return std::nullopt;
  TarHeader header{full_name(block), 0, static_cast<char>(block[kTypeAt])};
  if (header.type == '\0') header.type = header.name.ends_with('/') ? '5' : '0';  // as v7 has it
  const auto size = number(text_of(block, kSize));
  if (!size) return std::nullopt;
  header.size = *size;
  return header;
}

bool begins_as_tar(ByteView head) {
  if (head.size() < kTarBlockBytes || !text_of(head, kMagic).starts_with("ustar")) return false;
  return parse_tar_header(head.first(kTarBlockBytes)).has_value();
}

bool may_begin_tar(ByteView head) {
  if (head.empty()) return true;
  if (head.size() < kTarBlockBytes) return false;
  const auto block = head.first(kTarBlockBytes);
  return is_zero_block(block) || parse_tar_header(block).has_value();
}

}  // namespace infer
