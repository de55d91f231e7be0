// How a record gives a picture: by the path of its file, a part of a file, or its bytes. Internal to the
// decoder.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "decoder/json_values.hpp"
#include "record/record_error.hpp"
#include "record/signature.hpp"

namespace infer::detail {

struct ImageFile {
  std::string_view path;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> size{};  ///< without: up to the file's end
};

/// As base64.
struct ImageText {
  std::string_view base64;
};

using ImageValue = std::variant<ImageFile, ImageText>;

/// Sets `image`, whose texts stay as long as the parser's strings do. Takes a string: a path, a data URI, or
/// the base64 of a JPEG, PNG or WebP, which begins as no path does; or an object with "bytes" (base64) or
/// "path", both as Hugging Face's datasets write them, and to a path "offset" and "size".
std::optional<RecordError> read_image_value(JsonValue value, const JsonPath& field, ImageValue& image);

}  // namespace infer::detail
