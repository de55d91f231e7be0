// WebP files, by libwebp.
#pragma once

#include <optional>
#include <string>

#include "image/decode.hpp"
#include "image/decode/metadata.hpp"

namespace infer::detail {

/// Fills `pixels`, as they lie in the file, and `metadata` where orienting is asked for; or says what is
/// wrong with the file. Of an animation it is the first picture.
std::optional<std::string> decode_webp(ByteView file, const DecodeOptions& options, Pixels& pixels,
                                       Metadata& metadata);

}  // namespace infer::detail
