#include "image/resize/frame.hpp"

#include <algorithm>

namespace infer::detail {
namespace {

// As whole numbers: Python's int(a * b / c) gives the same as long as a * b is below 2^53.
std::int64_t scaled(std::int64_t number, std::int64_t part, std::int64_t whole) {
  return number * part / whole;
}

StepSize size_of(const ResizeStep& step, StepSize) { return {step.size.height, step.size.width}; }

StepSize size_of(const ResizeShortestStep& step, StepSize before) {
  if (before.width <= before.height) return {scaled(step.size, before.height, before.width), step.size};
  return {step.size, scaled(step.size, before.width, before.height)};
}

StepSize size_of(const CenterCropStep& step, StepSize) { return {step.size.height, step.size.width}; }

StepSize size_of(const CenterSquareStep& step, StepSize before) {
  const std::int64_t side = scaled(std::min(before.height, before.width), step.part, step.whole);
  return {side, side};
}

}  // namespace

FrameSide whole_side(std::int64_t size) { return {size, 0, size, 0}; }

FrameSide middle(const FrameSide& side, std::int64_t size, ImageBackend backend) {
  const std::int64_t added = size - side.size;
  const std::int64_t before = added > 0 && backend == ImageBackend::pil ? (added + 1) / 2 : added / 2;
  FrameSide cut{size, side.from, side.count, side.at + before};
  const std::int64_t lost = std::clamp<std::int64_t>(-cut.at, 0, cut.count);
  cut.from += lost;
  cut.count -= lost;
  cut.at = std::max<std::int64_t>(cut.at, 0);
  cut.count = std::clamp<std::int64_t>(size - cut.at, 0, cut.count);
  return cut;
}

StepSize size_after(const ImageStep& step, StepSize before) {
  return std::visit([&](const auto& kind) { return size_of(kind, before); }, step);
}

}  // namespace infer::detail
