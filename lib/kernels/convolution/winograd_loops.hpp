// What stands before and after the products of a Winograd convolution, F(4 x 4, 3 x 3). winograd_loops.cpp is
// compiled once for each instruction set, so neither file includes anything with code in it: the linker might
// keep a copy for the wrong processor.
#pragma once

#include <stddef.h>

namespace infer::detail {

constexpr size_t kTileSide = 4;   ///< of results
constexpr size_t kPatchSide = 6;  ///< of what they are made of
constexpr size_t kTilePixels = kTileSide * kTileSide;
constexpr size_t kPatchPixels = kPatchSide * kPatchSide;  ///< as many products stand for a tile

/// The points, besides 0 and infinity, at which polynomials are multiplied: these, positive and negative.
constexpr float kInnerPoint = 0.625F;
constexpr float kOuterPoint = 1.375F;

/// Where the results of one tile go, and what follows the convolution.
struct TileEnd {
  float* const* pixels = nullptr;       ///< kTilePixels, row by row
  const float* bias = nullptr;          ///< a value for each channel; or none
  const float* const* added = nullptr;  ///< kTilePixels; or none
  bool rectified = false;               ///< negative values are 0; NaN stays
};

/// Channels are multiples of 16.
struct WinogradLoops {
  /// transformed[k * stride + c], for each of the kPatchPixels products k, from kPatchPixels pixels, row by
  /// row.
  void (*begin_tile)(const float* const* pixels, size_t channels, float* transformed, size_t stride);
  /// From the products, which lie likewise.
  void (*end_tile)(const float* products, size_t stride, size_t channels, const TileEnd& end);
};

/// Those for this processor.
const WinogradLoops& winograd_loops();

}  // namespace infer::detail
