// An earlier output whose rows may be used again, and how they lie in it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "record/piece.hpp"

namespace infer {

struct ReuseSource {
  std::string output;
  std::string keys;           ///< its OUTPUT.keys
  std::size_t row_bytes = 0;  ///< 0: a row ends with a newline
  bool is_quoted = false;     ///< a newline between two quotes ends no row
  /// Of a packed output: the first piece of `bytes`, nothing where it goes on behind them. Throws RunError
  /// for what is none.
  std::function<std::optional<UnpackedPiece>(std::string_view bytes)> unpack{};
};

}  // namespace infer
