// What kind of picture a file holds, by its first bytes.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.hpp"

namespace infer::detail {

enum class FileKind : std::uint8_t { jpeg, png, webp, other };

FileKind kind_of(ByteView file);

/// For messages: what a file is that is none of the three.
std::string name_of_other(ByteView file);

}  // namespace infer::detail
