// The two passes of a resize over RGB bytes, a copy for each instruction set; all of them give the same
// bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace infer::detail {

/// The weights of four neighbours, as the loops that pack() them read them.
struct QuadWeights {
  std::array<std::int32_t, 4> words{};
};

/// Four rows at a time. A result's 16 bytes are its red of the four rows, its green, its blue, and 4 of no
/// meaning.
struct AcrossTask {
  const std::uint8_t* rows =
      nullptr;  ///< the first of the four; all are read 4 bytes past their last neighbour
  std::size_t stride = 0;
  std::span<const std::int32_t> first;   ///< of each result: its first neighbour's byte in a row
  const QuadWeights* weights = nullptr;  ///< of each result: so many in turn
  std::size_t quads = 0;
  int shift = 0;
  std::uint8_t* results = nullptr;
};

/// One row of RGB from what AcrossTasks gave; its end is written in groups of 4 pixels and 4 bytes more.
struct DownTask {
  std::span<const std::uint8_t* const> quads;  ///< of four rows each
  const QuadWeights* weights = nullptr;        ///< one for each
  int pixels = 0;
  int shift = 0;
  std::uint8_t* row = nullptr;
};

struct ResizeLoops {
  const char* name;
  /// Of four weights, each below 1.5 * 2^22.
  QuadWeights (*pack)(const std::array<std::int32_t, 4>& weights);
  void (*across)(const AcrossTask& task);
  void (*down)(const DownTask& task);
};

/// Those that this processor runs, the fastest first; the last one is portable.
std::span<const ResizeLoops* const> resize_loops();

}  // namespace infer::detail
