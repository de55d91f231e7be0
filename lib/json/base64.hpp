// Bytes as base64 (RFC 4648), as JSON has them.
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace infer {

/// Padded, without line breaks or quotes.
void append_base64(std::string& out, ByteView bytes);

}  // namespace infer
