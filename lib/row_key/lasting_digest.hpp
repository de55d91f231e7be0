// Keys that outlast the process, of bytes that anybody may have chosen. Internal to the room.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "record/row_key.hpp"

namespace infer::detail {

/// What all keys of a run depend on.
using KeyContext = std::array<std::uint8_t, 32>;

/// Throws UsageError in a build without Rust.
KeyContext key_context(std::string_view text);

/// BLAKE3, cut to 128 bits: two texts of one key are found by 2^64 tries, and no sooner on purpose.
RowKey lasting_key(const KeyContext& context, std::string_view bytes);

}  // namespace infer::detail
