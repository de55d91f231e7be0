// Pieces of an output, each the rows of a chunk: packed, or a table of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace infer {

/// Where a piece lies in its file.
struct PiecePlace {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t rows = 0;

  bool operator==(const PiecePlace&) const = default;
};

/// Rows that follow one another in one of several pieces.
struct PieceRows {
  std::size_t piece = 0;  ///< index
  std::uint64_t first = 0;
  std::uint64_t rows = 0;

  bool operator==(const PieceRows&) const = default;
};

/// What was packed, and in how many bytes.
struct UnpackedPiece {
  std::string text;
  std::size_t bytes = 0;
};

}  // namespace infer
