// The header of a .npy file, as far as infer and NumPy write it for vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace infer {

struct NpyHead {
  std::string dtype;  ///< "float16", "float32" or "float64"
  std::size_t value_bytes = 0;
  std::uint64_t rows = 0;
  std::size_t width = 1;
};

constexpr std::size_t kNpyPreambleBytes = 12;  ///< tell how long the header is

/// Of the whole header, this preamble included; 0 for what begins no .npy of versions 1 to 3.
std::size_t npy_head_bytes(std::string_view preamble);

/// Why it is no array of vectors that can be looked at, or what it is.
struct NpyHeadRead {
  std::optional<NpyHead> head;
  std::string problem;
};
NpyHeadRead read_npy_head(std::string_view head);

}  // namespace infer
