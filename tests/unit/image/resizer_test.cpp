#include "image/resize/resizer.hpp"

#include <catch2/catch.hpp>

#include "unit/image/pictures.hpp"

using namespace infer;
using namespace infer::detail;

namespace {

PixelView view_of(const Pixels& pixels) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(pixels.values.data());
  return {first, pixels.row_bytes(), pixels.size, first + pixels.values.size()};
}

int number_in(int least, int most, std::mt19937& chance) {
  return least + static_cast<int>(chance() % static_cast<unsigned>(most - least + 1));
}

/// Tiny and large ones alike.
int random_side(std::mt19937& chance) {
  constexpr int most[] = {1, 4, 30, 300};
  return number_in(1, most[chance() % 4], chance);
}

ResizedSide random_part(int from, std::mt19937& chance, ResizeFilter filter, ImageBackend backend) {
  const int to = random_side(chance);
  const int first = number_in(0, to - 1, chance);
  return {from, to, first, number_in(1, to - first, chance), filter, backend};
}

std::vector<std::uint8_t> resized(Resizer& resizer, const Pixels& pixels, const ResizeTask& task) {
  const std::size_t row_bytes = static_cast<std::size_t>(task.width.count) * 3;
  std::vector<std::uint8_t> result(row_bytes * static_cast<std::size_t>(task.height.count));
  resizer.resize(view_of(pixels), task, {result.data(), row_bytes});
  return result;
}

ResizeTask random_task(ImageSize size, std::mt19937& chance) {
  const auto filter = static_cast<ResizeFilter>(number_in(1, 5, chance));
  const auto backend = static_cast<ImageBackend>(chance() % 2);
  return {random_part(size.height, chance, filter, backend),
          random_part(size.width, chance, filter, backend)};
}

}  // namespace

TEST_CASE("loops for every instruction set give the bytes of the portable ones") {
  CHECK(std::string(resize_loops().back()->name) == "portable");
  for (const ResizeLoops* loops : resize_loops()) {
    std::mt19937 chance(4);
    Resizer resizer(*loops);
    Resizer portable(*resize_loops().back());
    for (int round = 0; round < 300; ++round) {
      const Pixels pixels = random_picture({random_side(chance), random_side(chance)}, chance);
      const ResizeTask task = random_task(pixels.size, chance);
      INFO(loops->name << ", round " << round << ": " << pixels.size.height << " x " << pixels.size.width
                       << " to " << task.height.to << " x " << task.width.to);
      REQUIRE(resized(resizer, pixels, task) == resized(portable, pixels, task));
    }
  }
}

TEST_CASE("loops for every instruction set reach the limits of the sums") {
  for (const ResizeLoops* loops : resize_loops()) {
    Resizer resizer(*loops);
    for (const int value : {0, 253}) {
      const ImageSize size{4000, 2};
      const Pixels pixels = picture_of(size, std::vector<int>(8000, value));
      const ResizedSide height{4000, 1, 0, 1, ResizeFilter::lanczos, ImageBackend::pil};
      const ResizedSide width{2, 700, 690, 10, ResizeFilter::lanczos, ImageBackend::pil};
      const auto result = resized(resizer, pixels, {height, width});
      CHECK(result[27] == value);
      CHECK(result[29] == value + 2);
    }
  }
}

TEST_CASE("a part of the resized picture is that part of the whole") {
  std::mt19937 chance(5);
  Resizer resizer;
  for (int round = 0; round < 200; ++round) {
    const Pixels pixels = random_picture({random_side(chance), random_side(chance)}, chance);
    const ResizeTask part = random_task(pixels.size, chance);
    ResizeTask whole = part;
    whole.height.first = whole.width.first = 0;
    whole.height.count = whole.height.to;
    whole.width.count = whole.width.to;
    const auto all = resized(resizer, pixels, whole);
    std::vector<std::uint8_t> cut;
    for (int row = part.height.first; row < part.height.first + part.height.count; ++row) {
      const auto* begin = all.data() + (row * whole.width.to + part.width.first) * 3;
      cut.insert(cut.end(), begin, begin + part.width.count * 3);
    }
    REQUIRE(resized(resizer, pixels, part) == cut);
  }
}

TEST_CASE("weights of the last sides are kept, and those of the first ones made again") {
  SideWeightsCache cache(QuadPlaces::anywhere, *resize_loops().front());
  const ResizedSide side{100, 10, 0, 10, ResizeFilter::bilinear, ImageBackend::pil};
  const SideWeights* kept = &cache.find(side);
  const auto first = kept->first;
  for (int from = 200; from < 210; ++from)
    cache.find({from, 10, 0, 10, ResizeFilter::bilinear, ImageBackend::pil});
  CHECK(&cache.find(side) == kept);
  for (int from = 200; from < 240; ++from)
    cache.find({from, 10, 0, 10, ResizeFilter::bilinear, ImageBackend::pil});
  CHECK(cache.find(side).first == first);
}
