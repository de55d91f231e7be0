#include <algorithm>

#include "image/resize/loops.hpp"

namespace infer::detail {

extern const ResizeLoops kPortableResize;

namespace {

std::uint8_t as_byte(std::int32_t sum, int shift) {
  return static_cast<std::uint8_t>(std::clamp(sum >> shift, 0, 255));
}

QuadWeights pack(const std::array<std::int32_t, 4>& weights) { return {weights}; }

std::int32_t across_one(const AcrossTask& task, std::size_t result, const std::uint8_t* neighbour) {
  const QuadWeights* weights = task.weights + result * task.quads;
  std::int32_t sum = 1 << (task.shift - 1);
  for (std::size_t quad = 0; quad < task.quads; ++quad, neighbour += 12) {
    const auto& words = weights[quad].words;
    sum +=
        words[0] * neighbour[0] + words[1] * neighbour[3] + words[2] * neighbour[6] + words[3] * neighbour[9];
  }
  return sum;
}

void across(const AcrossTask& task) {
  for (std::size_t result = 0; result < task.first.size(); ++result) {
    std::uint8_t* bytes = task.results + result * 16;
    for (std::size_t row = 0; row < 4; ++row) {
      const std::uint8_t* neighbour = task.rows + row * task.stride + task.first[result];
      for (std::size_t color = 0; color < 3; ++color) {
        bytes[color * 4 + row] = as_byte(across_one(task, result, neighbour + color), task.shift);
      }
    }
  }
}

void down(const DownTask& task) {
  for (std::size_t value = 0; value < static_cast<std::size_t>(task.pixels) * 3; ++value) {
    const std::size_t place = value / 3 * 16 + value % 3 * 4;
    std::int32_t sum = 1 << (task.shift - 1);
    for (std::size_t quad = 0; quad < task.quads.size(); ++quad) {
      const std::uint8_t* rows = task.quads[quad] + place;
      const auto& words = task.weights[quad].words;
      sum += words[0] * rows[0] + words[1] * rows[1] + words[2] * rows[2] + words[3] * rows[3];
    }
    task.row[value] = as_byte(sum, task.shift);
  }
}

}  // namespace

const ResizeLoops kPortableResize{"portable", pack, across, down};

}  // namespace infer::detail
