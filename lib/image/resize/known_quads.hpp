// Loops over quads whose number the compiler knows where it is usual: 70 us in place of 45 without, for 500 x
// 375 pixels to 224 x 224. All is local to a source file, because each is compiled for other instructions.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "image/resize/loops.hpp"

namespace infer::detail {
namespace {

/// Calls function.operator()<N>(): N is the number of quads, or 0 where that is not a usual one.
template <class Function>
void with_known_quads(std::size_t quads, const Function& function) {
  switch (quads) {
    case 1: return function.template operator()<1>();
    case 2: return function.template operator()<2>();
    case 3: return function.template operator()<3>();
    default: return function.template operator()<0>();
  }
}

/// Copies, which stay in registers: for all that the compiler knows, the row that is written may be among
/// them.
template <std::size_t kQuads>
struct DownQuads {
  explicit DownQuads(const DownTask& task) {
    for (std::size_t quad = 0; quad < kQuads; ++quad) {
      rows[quad] = task.quads[quad];
      weights[quad] = task.weights[quad];
    }
  }
  static constexpr std::size_t size() { return kQuads; }

  std::array<const std::uint8_t*, kQuads> rows;
  std::array<QuadWeights, kQuads> weights;
};

template <>
struct DownQuads<0> {
  explicit DownQuads(const DownTask& task) : rows(task.quads), weights(task.weights) {}
  std::size_t size() const { return rows.size(); }

  std::span<const std::uint8_t* const> rows;
  const QuadWeights* weights;
};

}  // namespace
}  // namespace infer::detail
