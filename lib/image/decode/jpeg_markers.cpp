#include "image/decode/jpeg_markers.hpp"

#include <string_view>

namespace infer::detail {
namespace {

using namespace std::string_view_literals;

constexpr unsigned kFirstMarker = 0xC0;
constexpr unsigned kStartOfScan = 0xDA;
constexpr unsigned kApplication1 = 0xE1;

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

bool is_frame(unsigned marker) {
  const bool is_table = marker == 0xC4 || marker == 0xC8 || marker == 0xCC;
  return (marker >= 0xC0 && marker <= 0xCF && !is_table) || marker == 0xDE;
}

/// Restart, start, end and reserved markers stand alone.
bool has_segment(unsigned marker) {
  return marker != 0xC8 && (marker < 0xD0 || marker > 0xD9) && (marker < 0xF0 || marker > 0xFD);
}

std::optional<std::string> check_frame(std::string_view segment) {
  if (segment.size() < 6) return "the JPEG's frame header is too short";
  if (const auto bits = byte_at(segment, 0); bits != 8) {
    return "its JPEG values have " + std::to_string(bits) + " bits, only 8 are read: convert it";
  }
  if (const auto count = byte_at(segment, 5); count != 1 && count != 3 && count != 4) {
    return "its JPEG has " + std::to_string(count) + " components, only 1, 3 and 4 are read: convert it";
  }
  return std::nullopt;
}

/// EXIF in several segments is one; of XMP the last one counts.
void take_metadata(std::string_view segment, Metadata& metadata) {
  constexpr auto kExif = "Exif\0\0"sv;
  constexpr auto kXmp = "http://ns.adobe.com/xap/1.0/\0"sv;
  if (segment.starts_with(kExif)) {
    metadata.exif += metadata.exif.empty() ? segment : segment.substr(kExif.size());
  } else if (segment.starts_with(kXmp)) {
    metadata.xmp = segment.substr(kXmp.size());
  }
}

std::string ends_early(std::string_view file) {
  return "the JPEG ends before its first scan, after " + std::to_string(file.size()) + " bytes";
}

}  // namespace

std::optional<std::string> read_jpeg_markers(ByteView bytes, Metadata* metadata) {
  const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  bool has_frame = false;
  for (std::size_t at = 2; at + 1 < file.size();) {
    if (byte_at(file, at) != 0xFF || byte_at(file, at + 1) == 0xFF) {
      ++at;
      continue;
    }
    const auto marker = byte_at(file, at + 1);
    at += 2;
    if (marker == 0) continue;
    if (marker < kFirstMarker || marker == 0xFF) return "the JPEG has an unknown marker: it is broken";
    if (!has_segment(marker)) continue;
    if (at + 2 > file.size()) return ends_early(file);
    const std::size_t length = byte_at(file, at) << 8U | byte_at(file, at + 1);
    const auto content = length < 2 ? 0 : length - 2;
    at += 2;
    if (content > file.size() - at) return ends_early(file);
    const auto segment = file.substr(at, content);
    at += content;
    if (is_frame(marker)) {
      if (auto problem = check_frame(segment)) return problem;
      has_frame = true;
    }
    if (marker == kApplication1 && metadata != nullptr) take_metadata(segment, *metadata);
    if (marker == kStartOfScan)
      return has_frame ? std::nullopt : std::optional(std::string("the JPEG has no frame header"));
  }
  return ends_early(file);
}

bool is_last_scan(ByteView codes) {
  constexpr unsigned kEnd = 0xD9;
  const std::string_view bytes(reinterpret_cast<const char*>(codes.data()), codes.size());
  for (auto at = bytes.find('\xFF'); at != bytes.npos; at = bytes.find('\xFF', at + 1)) {
    at = bytes.find_first_not_of('\xFF', at);
    if (at == bytes.npos) return false;
    const auto marker = byte_at(bytes, at);
    const bool is_restart = marker >= 0xD0 && marker <= 0xD7;
    if (marker != 0 && !is_restart) return marker == kEnd;
  }
  return false;
}

}  // namespace infer::detail
