#include "kernels/convolution/winograd.hpp"

#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <memory>

#include "kernels/convolution/winograd_geometry.hpp"

namespace infer::detail {
namespace {

constexpr std::int64_t kMostTiles = 48;  // of a block: what stands between its steps is to stay in the cache
constexpr std::int64_t kTileUnit = 8;    // products' sizes: each is compiled once
constexpr std::int64_t kLine = 16;       // of a cache, in floats

/// Blocks of nearly equal size.
std::int64_t tiles_of_block(std::int64_t tiles) {
  const auto blocks = divided_up(tiles, kMostTiles);
  return divided_up(divided_up(tiles, blocks), kTileUnit) * kTileUnit;
}

/// A matrix [tiles, channels] for each of the products.
class Matrices {
 public:
  Matrices(std::int64_t tiles, std::int64_t channels)
      : tiles_(tiles), values_(std::make_unique_for_overwrite<float[]>(kPatchPixels * stride(channels))) {}

  /// From one to the next. Not a power of two: a tile's values would all want the same place in the cache.
  [[nodiscard]] std::size_t stride(std::int64_t channels) const {
    return static_cast<std::size_t>(tiles_ * channels + kLine);
  }
  [[nodiscard]] float* row(std::int64_t tile, std::int64_t channels) const {
    return values_.get() + tile * channels;
  }
  [[nodiscard]] float* matrix(std::size_t product, std::int64_t channels) const {
    return values_.get() + product * stride(channels);
  }
  /// The rows from `first` on are 0.
  void clear(std::int64_t first, std::int64_t channels) {
    for (std::size_t k = 0; k < kPatchPixels; ++k)
      std::fill(matrix(k, channels) + first * channels, matrix(k, channels) + tiles_ * channels, 0.0F);
  }

 private:
  std::int64_t tiles_;
  std::unique_ptr<float[]> values_;
};

/// What all threads read, and where they write.
struct Tensors {
  Pictures<const float> input, added;
  Pictures<float> out;
  const float* weight;
  const float* bias;
  bool rectified;

  Tensors(const Geometry& geometry, const ConvolutionShape& shape, const at::Tensor& transformed,
          const WinogradEnd& end, const at::Tensor& result)
      : input{shape.input.const_data_ptr<float>(), geometry.in_height, geometry.in_width, geometry.channels},
        added{end.added ? end.added->const_data_ptr<float>() : nullptr, geometry.height(), geometry.width(),
              geometry.outputs},
        out{result.mutable_data_ptr<float>(), geometry.height(), geometry.width(), geometry.outputs},
        weight(transformed.const_data_ptr<float>()),
        bias(end.bias ? end.bias->const_data_ptr<float>() : nullptr),
        rectified(end.rectified) {}
};

/// Of one thread.
class Worker {
 public:
  Worker(const Geometry& geometry, const Tensors& tensors, std::int64_t block)
      : geometry_(geometry),
        tensors_(tensors),
        block_(block),
        patches_(block, geometry.channels),
        products_(block, kWeightPanel),
        outside_(
            std::make_unique<float[]>(static_cast<std::size_t>(std::max(geometry.channels, kWeightPanel)))),
        nowhere_(std::make_unique<float[]>(kWeightPanel)) {}

  /// The tiles from `first` on.
  void run(std::int64_t first) {
    const auto count = std::min(block_, geometry_.tiles() - first);
    if (count < block_) patches_.clear(count, geometry_.channels);
    for (std::int64_t k = 0; k < count; ++k) begin(Tile(geometry_, first + k), k);
    for (std::int64_t output = 0; output < geometry_.outputs; output += kWeightPanel) {
      const auto width = std::min(kWeightPanel, geometry_.outputs - output);
      multiply(output, width);
      for (std::int64_t k = 0; k < count; ++k) end(Tile(geometry_, first + k), k, output, width);
    }
  }

 private:
  void begin(const Tile& tile, std::int64_t place) {
    std::array<const float*, kPatchPixels> pixels{};
    tensors_.input.find<kPatchSide>(tile.picture, tile.y - geometry_.above, tile.x - geometry_.before,
                                    outside_.get(), pixels);
    loops_.begin_tile(pixels.data(), static_cast<std::size_t>(geometry_.channels),
                      patches_.row(place, geometry_.channels), patches_.stride(geometry_.channels));
  }

  void multiply(std::int64_t output, std::int64_t width) {
    const auto channels = geometry_.channels;
    const auto* weight = tensors_.weight + output * static_cast<std::int64_t>(kPatchPixels) * channels;
    for (std::size_t k = 0; k < kPatchPixels; ++k, weight += channels * width)
      at::native::cpublas::brgemm(block_, width, channels, channels, width, width, /*add_C=*/false,
                                  patches_.matrix(k, channels), weight, products_.matrix(k, width));
  }

  /// Outputs [output, output + width).
  void end(const Tile& tile, std::int64_t place, std::int64_t output, std::int64_t width) {
    std::array<float*, kTilePixels> to{};
    std::array<const float*, kTilePixels> added{};
    const auto find = [&](auto pictures, auto* outside, auto& pixels) {
      pictures.first += output;
      pictures.template find<kTileSide>(tile.picture, tile.y, tile.x, outside, pixels);
    };
    find(tensors_.out, nowhere_.get(), to);
    const bool is_sum = tensors_.added.first != nullptr;
    if (is_sum) find(tensors_.added, static_cast<const float*>(outside_.get()), added);
    loops_.end_tile(products_.row(place, width), products_.stride(width), static_cast<std::size_t>(width),
                    {to.data(), tensors_.bias != nullptr ? tensors_.bias + output : nullptr,
                     is_sum ? added.data() : nullptr, tensors_.rectified});
  }

  const WinogradLoops& loops_ = winograd_loops();
  const Geometry& geometry_;
  const Tensors& tensors_;
  std::int64_t block_;
  Matrices patches_;
  Matrices products_;
  std::unique_ptr<float[]> outside_;  ///< zeros
  std::unique_ptr<float[]> nowhere_;  ///< takes what lies beyond a picture
};

}  // namespace

std::array<std::int64_t, 4> result_sizes(const ConvolutionShape& shape) {
  const Geometry geometry(shape);
  return {geometry.batch, geometry.outputs, geometry.height(), geometry.width()};
}

at::Tensor empty_result(const ConvolutionShape& shape) {
  return at::empty(result_sizes(shape), shape.input.options(), at::MemoryFormat::ChannelsLast);
}

void winograd(const ConvolutionShape& shape, const at::Tensor& transformed, const WinogradEnd& end,
              const at::Tensor& out) {
  const Geometry geometry(shape);
  const Tensors tensors(geometry, shape, transformed, end, out);
  const auto block = tiles_of_block(geometry.tiles());
  at::parallel_for(0, divided_up(geometry.tiles(), block), 1, [&](std::int64_t first, std::int64_t last) {
    Worker worker(geometry, tensors, block);
    for (auto k = first; k < last; ++k) worker.run(k * block);
    at::native::cpublas::brgemm_release(/*is_vnni=*/false);
  });
}

}  // namespace infer::detail
