#include "image/steps.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "image/resize/frame.hpp"
#include "image/resize/resizer.hpp"

namespace infer {
namespace {

using detail::Frame;
using detail::PixelTarget;
using detail::PixelView;
using detail::ResizedSide;
using detail::StepSize;

// Far beyond what any picture becomes that is not made to exhaust time or memory.
constexpr std::int64_t kLongestSide = 1 << 22;
constexpr std::int64_t kMostPixelsBetween = 1 << 26;
constexpr std::size_t kReadPastEnd = 16;  // spares the resizer a copy of the last rows

/// Steps done in one go: a picture that is resized, if there is a filter, and of which the frame is kept.
struct Pass {
  PixelView source;
  std::optional<ResizeFilter> filter{};
  StepSize resized{};
  Frame frame{};

  StepSize size() const { return {frame.height.size, frame.width.size}; }
};

Pass start_pass(const PixelView& source, std::optional<ResizeFilter> filter, StepSize resized) {
  return {source, filter, resized, {detail::whole_side(resized.height), detail::whole_side(resized.width)}};
}

PixelView view_of(const Pixels& pixels) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(pixels.values.data());
  return {first, pixels.row_bytes(), pixels.size, first + pixels.values.size()};
}

StepSize size_of(const Pixels& pixels) { return {pixels.size.height, pixels.size.width}; }

std::optional<ResizeFilter> filter_of(const ImageStep& step) {
  if (const auto* resize = std::get_if<ResizeStep>(&step)) return resize->filter;
  if (const auto* resize = std::get_if<ResizeShortestStep>(&step)) return resize->filter;
  return {};
}

std::string in_words(StepSize size) {
  return std::to_string(size.height) + " x " + std::to_string(size.width);
}

std::optional<std::string> refuse_size(const Pixels& pixels, StepSize size) {
  const std::string picture = "a picture of " + in_words(size_of(pixels)) + " pixels ";
  if (std::min(size.height, size.width) < 1) return picture + "is too small: its middle square has none";
  if (std::max(size.height, size.width) <= kLongestSide) return {};
  const std::string grown =
      size == size_of(pixels) ? "" : "resized it would have " + in_words(size) + ", and ";
  return picture + "is too narrow: " + grown + std::to_string(kLongestSide) + " is the limit for a side";
}

std::optional<std::string> refuse_between(const Pixels& pixels, StepSize size) {
  if (size.height <= kMostPixelsBetween / size.width) return {};
  return "a picture of " + in_words(size_of(pixels)) + " pixels is too narrow: it would have " +
         in_words(size) + " between two steps, and " + std::to_string(kMostPixelsBetween) + " is the limit";
}

ResizedSide resized_side(int from, std::int64_t to, const detail::FrameSide& kept, const Pass& pass,
                         ImageBackend backend) {
  return {
      from,   static_cast<int>(to), static_cast<int>(kept.from), static_cast<int>(kept.count), *pass.filter,
      backend};
}

/// The part of the source that is kept where nothing is resized.
PixelView kept_part(const Pass& pass) {
  const auto& [height, width] = pass.frame;
  return pass.source.part(static_cast<int>(height.from), static_cast<int>(width.from),
                          {static_cast<int>(height.count), static_cast<int>(width.count)});
}

void copy_rows(const PixelView& source, const PixelTarget& target) {
  for (int row = 0; row < source.size.height; ++row) {
    std::memcpy(target.row(row), source.row(row), static_cast<std::size_t>(source.size.width) * 3);
  }
}

}  // namespace

class ImageSteps::Work {
 public:
  explicit Work(ImageSpec spec) : spec_(std::move(spec)) { INFER_ASSERT(!spec_.steps.empty()); }

  std::optional<std::string> apply(const Pixels& pixels, std::span<std::byte> target) {
    if (auto problem = refuse_size(pixels, size_of(pixels))) return problem;
    Pass pass = start_pass(view_of(pixels), {}, size_of(pixels));
    for (const ImageStep& step : spec_.steps) {
      if (auto problem = add(step, pixels, pass)) return problem;
    }
    INFER_ASSERT(pass.size() == (StepSize{spec_.size.height, spec_.size.width}));
    const std::size_t row_bytes = static_cast<std::size_t>(spec_.size.width) * 3;
    INFER_ASSERT(target.size() == row_bytes * static_cast<std::size_t>(spec_.size.height));
    render(pass, {reinterpret_cast<std::uint8_t*>(target.data()), row_bytes});
    return {};
  }

 private:
  // A crop changes what is kept. A resize needs what is kept as its source, unless it changes nothing.
  std::optional<std::string> add(const ImageStep& step, const Pixels& pixels, Pass& pass) {
    const StepSize size = detail::size_after(step, pass.size());
    if (auto problem = refuse_size(pixels, size)) return problem;
    const auto filter = filter_of(step);
    if (!filter) {
      pass.frame = {middle(pass.frame.height, size.height, spec_.backend),
                    middle(pass.frame.width, size.width, spec_.backend)};
    } else if (size != pass.size()) {
      if (auto problem = refuse_between(pixels, pass.size())) return problem;
      pass = start_pass(rendered(pass), filter, size);
    }
    return {};
  }

  PixelView rendered(const Pass& pass) {
    if (!pass.filter && pass.frame.full()) return kept_part(pass);
    std::swap(between_[0], between_[1]);  // the source may stand in the other one
    const ImageSize size{static_cast<int>(pass.size().height), static_cast<int>(pass.size().width)};
    const std::size_t row_bytes = static_cast<std::size_t>(size.width) * 3;
    std::vector<std::uint8_t>& pixels = between_[0];
    pixels.resize(row_bytes * static_cast<std::size_t>(size.height) + kReadPastEnd);
    render(pass, {pixels.data(), row_bytes});
    return {pixels.data(), row_bytes, size, pixels.data() + pixels.size()};
  }

  void render(const Pass& pass, const PixelTarget& target) {
    const auto& [height, width] = pass.frame;
    if (!pass.frame.full()) {
      std::memset(target.first, 0, target.stride * static_cast<std::size_t>(height.size));
    }
    if (pass.frame.black()) return;
    const PixelTarget kept{target.row(static_cast<int>(height.at)) + width.at * 3, target.stride};
    if (!pass.filter) return copy_rows(kept_part(pass), kept);
    const ImageSize& from = pass.source.size;
    resizer_.resize(pass.source,
                    {resized_side(from.height, pass.resized.height, height, pass, spec_.backend),
                     resized_side(from.width, pass.resized.width, width, pass, spec_.backend)},
                    kept);
  }

  ImageSpec spec_;
  detail::Resizer resizer_;
  std::array<std::vector<std::uint8_t>, 2> between_;
};

ImageSteps::ImageSteps(ImageSpec spec) : work_(std::make_unique<Work>(std::move(spec))) {}
ImageSteps::~ImageSteps() = default;

std::optional<std::string> ImageSteps::apply(const Pixels& pixels, std::span<std::byte> target) {
  return work_->apply(pixels, target);
}

}  // namespace infer
