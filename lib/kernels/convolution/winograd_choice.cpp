#include <algorithm>

#include "kernels/convolution/winograd.hpp"
#include "kernels/convolution/winograd_geometry.hpp"
#include "kernels/instructions.hpp"

namespace infer::detail {
namespace {

constexpr std::int64_t kChannelUnit = 16;
constexpr std::int64_t kFewestChannels = 32;
constexpr std::int64_t kMostChannels = 512;
constexpr std::int64_t kFewestTiles = 9;

bool is_three_by_three(const ConvolutionShape& shape) {
  const auto are = [](at::IntArrayRef pair, std::int64_t least, std::int64_t most) {
    return pair.size() == 2 &&
           std::ranges::all_of(pair, [&](auto value) { return value >= least && value <= most; });
  };
  return shape.input.dim() == 4 && shape.weight.dim() == 4 && shape.groups == 1 &&
         shape.weight.size(1) == shape.input.size(1) && are(shape.weight.sizes().slice(2), 3, 3) &&
         are(shape.stride, 1, 1) && are(shape.dilation, 1, 1) && are(shape.padding, 0, 2);
}

bool has_usable_types(const ConvolutionShape& shape) {
  const auto is_plain = [](const at::Tensor& tensor) {
    return tensor.device().is_cpu() && tensor.layout() == c10::kStrided &&
           tensor.scalar_type() == at::kFloat && tensor.numel() > 0;
  };
  return has_avx2() && is_plain(shape.input) && is_plain(shape.weight) &&
         shape.input.is_contiguous(at::MemoryFormat::ChannelsLast);
}

bool has_usable_channels(const ConvolutionShape& shape) {
  const auto fit = [](std::int64_t channels) {
    return channels % kChannelUnit == 0 && channels >= kFewestChannels && channels <= kMostChannels;
  };
  return fit(shape.weight.size(0)) && fit(shape.weight.size(1));
}

/// At most a third of the tiles' pixels beyond a picture's, and not so few tiles that the weights, which are
/// four times as large, take longer to come from memory.
bool fills_tiles(const Geometry& geometry) {
  if (geometry.height() <= 0 || geometry.width() <= 0) return false;
  const auto in_tiles = geometry.picture_tiles() * static_cast<std::int64_t>(kTilePixels);
  return geometry.picture_tiles() >= kFewestTiles && in_tiles * 2 <= geometry.height() * geometry.width() * 3;
}

}  // namespace

bool is_for_winograd(const ConvolutionShape& shape) {
  return is_three_by_three(shape) && has_usable_types(shape) && has_usable_channels(shape) &&
         fills_tiles(Geometry(shape));
}

}  // namespace infer::detail
