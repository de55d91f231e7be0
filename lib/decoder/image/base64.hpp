// Bytes written as base64, RFC 4648: both alphabets, with or without padding. Internal to the decoder.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace infer::detail {

/// Fills `bytes`, or returns the place of the first character that does not belong there. Blanks and line
/// ends are passed over, as in mails.
std::optional<std::size_t> decode_base64(std::string_view text, RawBytes& bytes);

}  // namespace infer::detail
