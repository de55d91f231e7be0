#include "image/decode.hpp"

#include "image/decode/exif.hpp"
#include "image/decode/file_kind.hpp"
#include "image/decode/jpeg.hpp"
#include "image/decode/png.hpp"
#include "image/decode/turn.hpp"
#include "image/decode/webp.hpp"

namespace infer {
namespace {

std::string refusal_of(ByteView file) {
  if (file.empty()) return "it has no bytes";
  const auto name = detail::name_of_other(file);
  return "it is neither JPEG, PNG nor WebP" + (name.empty() ? "" : " but " + name) +
         ": convert it to one of them";
}

std::optional<std::string> decode_as_it_lies(ByteView file, const DecodeOptions& options, Pixels& pixels,
                                             detail::Metadata& metadata) {
  switch (detail::kind_of(file)) {
    case detail::FileKind::jpeg: return detail::decode_jpeg(file, options, pixels, metadata);
    case detail::FileKind::png: return detail::decode_png(file, options, pixels, metadata);
    case detail::FileKind::webp: return detail::decode_webp(file, options, pixels, metadata);
    case detail::FileKind::other: break;
  }
  return refusal_of(file);
}

}  // namespace

std::optional<std::string> decode_image(ByteView file, const DecodeOptions& options, Pixels& pixels) {
  detail::Metadata metadata;
  if (auto problem = decode_as_it_lies(file, options, pixels, metadata)) return problem;
  if (options.orient) detail::turn_upright(pixels, detail::orientation_of(metadata));
  return std::nullopt;
}

}  // namespace infer
