#include "image/decode/exif.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace infer::detail {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kOrientationTag = 0x0112;

/// A TIFF file whose numbers stand in one byte order.
class Tiff {
 public:
  /// Only headers that Pillow takes; BigTIFF it does not read here.
  static std::optional<Tiff> open(std::string_view bytes) {
    constexpr auto kHeadBytes = 8;
    const auto magic = bytes.substr(0, 4);
    const bool big = magic == "MM\0*"sv || magic == "MM*\0"sv || magic == "MM\0+"sv;
    if (bytes.size() < kHeadBytes || (!big && magic != "II*\0"sv && magic != "II\0*"sv)) return std::nullopt;
    return Tiff(bytes, big);
  }

  std::uint64_t size() const { return bytes_.size(); }
  bool holds(std::uint64_t at, std::uint64_t bytes) const {
    return at <= bytes_.size() && bytes <= bytes_.size() - at;
  }
  /// What lies inside, as holds() says.
  std::uint64_t number(std::uint64_t at, unsigned bytes) const {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) {
      const auto byte = static_cast<unsigned char>(bytes_[at + (big_ ? i : bytes - 1 - i)]);
      value = value << 8U | byte;
    }
    return value;
  }

 private:
  Tiff(std::string_view bytes, bool big) : bytes_(bytes), big_(big) {}

  std::string_view bytes_;
  bool big_;
};

/// By TIFF's number of the type; 0 for what there is not.
unsigned unit_bytes(std::uint64_t type) {
  constexpr unsigned char kBytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8};
  return type < sizeof kBytes ? kBytes[type] : 0;
}

/// Of the first value; nothing where Pillow has a text or bytes.
std::optional<double> value_of(const Tiff& tiff, std::uint64_t at, std::uint64_t type) {
  const auto number =
      tiff.number(at, unit_bytes(type) == 8 && type != 12 && type != 16 ? 4 : unit_bytes(type));
  switch (type) {
    case 3:
    case 4:
    case 13:
    case 16: return static_cast<double>(number);
    case 6: return static_cast<std::int8_t>(number);
    case 8: return static_cast<std::int16_t>(number);
    case 9: return static_cast<std::int32_t>(number);
    case 5: return static_cast<double>(number) / static_cast<double>(tiff.number(at + 4, 4));
    case 10:
      return static_cast<double>(static_cast<std::int32_t>(number)) /
             static_cast<std::int32_t>(tiff.number(at + 4, 4));
    case 11: return std::bit_cast<float>(static_cast<std::uint32_t>(number));
    case 12: return std::bit_cast<double>(number);
    default: return std::nullopt;
  }
}

int as_orientation(std::optional<double> value) {
  for (int orientation = 2; orientation <= 8; ++orientation) {
    if (value == orientation) return orientation;
  }
  return 1;
}

/// Nothing where the first directory has no such tag, as far as it can be read.
std::optional<int> find_orientation(const Tiff& tiff) {
  const auto directory = tiff.number(4, 4);
  if (!tiff.holds(directory, 2)) return std::nullopt;
  const auto entries = tiff.number(directory, 2);
  std::uint64_t apart_bytes = 0;  // of values that do not fit into their entries
  for (std::uint64_t i = 0; i < entries; ++i) {
    const auto entry = directory + 2 + 12 * i;
    if (!tiff.holds(entry, 12)) return std::nullopt;
    const auto type = tiff.number(entry + 2, 2);
    const auto bytes = tiff.number(entry + 4, 4) * unit_bytes(type);
    auto at = entry + 8;
    if (bytes > 4) {
      apart_bytes += bytes;
      if (apart_bytes > tiff.size()) continue;
      at = tiff.number(at, 4);
      if (!tiff.holds(at, bytes)) return std::nullopt;
    }
    if (bytes > 0 && tiff.number(entry, 2) == kOrientationTag)
      return as_orientation(value_of(tiff, at, type));
  }
  return std::nullopt;
}

int orientation_in_xmp(std::string_view xmp) {
  constexpr auto kName = "tiff:Orientation"sv;
  for (auto at = xmp.find(kName); at != xmp.npos; at = xmp.find(kName, at + 1)) {
    auto rest = xmp.substr(at + kName.size());
    if (rest.starts_with("=\"")) {
      rest.remove_prefix(2);
    } else if (rest.starts_with(">")) {
      rest.remove_prefix(1);
    } else {
      continue;
    }
    if (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') return as_orientation(rest[0] - '0');
  }
  return 1;
}

}  // namespace

int orientation_of(const Metadata& metadata) {
  std::string_view exif = metadata.exif;
  for (int i = 0; i < 2 && exif.starts_with("Exif\0\0"sv); ++i) exif.remove_prefix(6);
  if (!exif.empty()) {
    const auto tiff = Tiff::open(exif);
    if (!tiff) return 1;
    if (const auto orientation = find_orientation(*tiff)) return *orientation;
  }
  return orientation_in_xmp(metadata.xmp);
}

}  // namespace infer::detail
