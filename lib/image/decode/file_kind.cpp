#include "image/decode/file_kind.hpp"

#include <algorithm>
#include <string_view>

namespace infer::detail {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::size_t at;
  std::string_view bytes;
  std::string_view name;
};

constexpr Magic kOthers[] = {
    {0, "GIF8"sv, "GIF"},         {0, "BM"sv, "BMP"},        {0, "\0\0\1\0"sv, "ICO"},
    {0, "II*\0"sv, "TIFF"},       {0, "MM\0*"sv, "TIFF"},    {4, "ftypavi"sv, "AVIF"},
    {4, "ftyphe"sv, "HEIC"},      {4, "ftypmif1"sv, "HEIC"}, {4, "ftypmsf1"sv, "HEIC"},
    {0, "\xFF\x0A"sv, "JPEG XL"}, {4, "JXL "sv, "JPEG XL"},  {4, "jP  "sv, "JPEG 2000"},
    {0, "<svg"sv, "SVG"},         {0, "%PDF"sv, "PDF"},
};

std::string_view head_of(ByteView file) {
  return {reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 16)};
}

}  // namespace

FileKind kind_of(ByteView file) {
  const auto head = head_of(file);
  if (head.starts_with("\xFF\xD8\xFF"sv)) return FileKind::jpeg;
  if (head.starts_with("\x89PNG\r\n\x1A\n"sv)) return FileKind::png;
  if (head.size() == 16 && head.starts_with("RIFF"sv) && head.substr(8, 7) == "WEBPVP8"sv)
    return FileKind::webp;
  return FileKind::other;
}

std::string name_of_other(ByteView file) {
  const auto head = head_of(file);
  for (const auto& magic : kOthers) {
    if (head.size() > magic.at && head.substr(magic.at).starts_with(magic.bytes))
      return std::string(magic.name);
  }
  return {};
}

}  // namespace infer::detail
