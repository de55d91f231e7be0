// What stands in a JPEG before its first scan, without decoding anything.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "image/decode/metadata.hpp"

namespace infer::detail {

/// Adds what the application segments say to `metadata`, where one is wanted; or says why Pillow would not
/// open such a file.
std::optional<std::string> read_jpeg_markers(ByteView file, Metadata* metadata);

/// Whether the file ends where this scan does, whose codes begin here: no other marker comes before that of
/// its end.
bool is_last_scan(ByteView codes);

}  // namespace infer::detail
