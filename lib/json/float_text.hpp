// Floats as text, several times as fast as the standard library.
#pragma once

#include <cstddef>

namespace infer {

/// Bytes that write_float() may touch: more than the longest text.
constexpr std::size_t kFloatRoom = 24;

/// Writes what std::to_chars() writes for `value`, the shortest text that reads back as the same float, and
/// returns its end. Requires kFloatRoom bytes at `to`.
char* write_float(char* to, float value);

}  // namespace infer
