#include "image/steps.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/image/pictures.hpp"

using namespace infer;

namespace {

std::vector<std::byte> room_for(ImageSize size) {
  return std::vector<std::byte>(static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width) *
                                3);
}

std::vector<std::byte> done(const Pixels& pixels, std::vector<ImageStep> steps, ImageSize size,
                            ImageBackend backend = ImageBackend::pil) {
  ImageSteps image_steps({.backend = backend, .steps = std::move(steps), .size = size});
  std::vector<std::byte> result = room_for(size);
  REQUIRE(image_steps.apply(pixels, result) == std::nullopt);
  return result;
}

std::vector<int> reds_after(const Pixels& pixels, std::vector<ImageStep> steps, ImageSize size,
                            ImageBackend backend = ImageBackend::pil) {
  return reds_of(done(pixels, std::move(steps), size, backend));
}

std::string refusal(const Pixels& pixels, std::vector<ImageStep> steps, ImageSize size) {
  ImageSteps image_steps({.steps = std::move(steps), .size = size});
  std::vector<std::byte> result = room_for(size);
  return image_steps.apply(pixels, result).value_or("");
}

Pixels grey(ImageSize size) {
  return picture_of(
      size,
      std::vector<int>(static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width), 77));
}

const Pixels kRow = picture_of({1, 6}, {10, 20, 30, 40, 50, 60});

}  // namespace

TEST_CASE("a crop keeps the middle, and cuts what is left over at the end") {
  CHECK(reds_after(kRow, {CenterCropStep{{1, 4}}}, {1, 4}) == std::vector{20, 30, 40, 50});
  CHECK(reds_after(kRow, {CenterCropStep{{1, 3}}}, {1, 3}) == std::vector{20, 30, 40});
  CHECK(reds_after(kRow, {CenterCropStep{{1, 3}}}, {1, 3}, ImageBackend::torchvision) ==
        std::vector{20, 30, 40});
  CHECK(reds_after(kRow, {CenterCropStep{{1, 1}}}, {1, 1}) == std::vector{30});
}

TEST_CASE(
    "a crop to more than there is adds black, of an odd number more before with pil and behind with "
    "torchvision") {
  const Pixels two = picture_of({1, 2}, {10, 20});
  CHECK(reds_after(two, {CenterCropStep{{1, 4}}}, {1, 4}) == std::vector{0, 10, 20, 0});
  CHECK(reds_after(two, {CenterCropStep{{1, 5}}}, {1, 5}) == std::vector{0, 0, 10, 20, 0});
  CHECK(reds_after(two, {CenterCropStep{{1, 5}}}, {1, 5}, ImageBackend::torchvision) ==
        std::vector{0, 10, 20, 0, 0});
}

TEST_CASE("a crop may cut one side and add black at the other") {
  CHECK(reds_after(kRow, {CenterCropStep{{3, 2}}}, {3, 2}) == std::vector{0, 0, 30, 40, 0, 0});
}

TEST_CASE("what one crop cut off is black in the next one") {
  CHECK(reds_after(kRow, {CenterCropStep{{1, 2}}, CenterCropStep{{1, 4}}}, {1, 4}) ==
        std::vector{0, 30, 40, 0});
}

TEST_CASE("a crop of black alone is black") {
  const Pixels one = picture_of({1, 1}, {9});
  CHECK(reds_after(one, {CenterCropStep{{1, 100}}, CenterCropStep{{1, 1}}}, {1, 1}) == std::vector{0});
}

TEST_CASE("a box is the mean of its pixels, halves rounded up") {
  const Pixels four = picture_of({2, 2}, {10, 11, 13, 16});  // means of the rows 11 and 15, then 13
  CHECK(reds_after(four, {ResizeStep{{1, 1}, ResizeFilter::box}}, {1, 1}) == std::vector{13});
  CHECK(reds_after(kRow, {ResizeStep{{1, 3}, ResizeFilter::box}}, {1, 3}) == std::vector{15, 35, 55});
}

TEST_CASE("twice as many pixels are a quarter and three quarters between two") {
  const Pixels two = picture_of({1, 2}, {0, 100});
  for (const ImageBackend backend : {ImageBackend::pil, ImageBackend::torchvision}) {
    CHECK(reds_after(two, {ResizeStep{{1, 4}, ResizeFilter::bilinear}}, {1, 4}, backend) ==
          std::vector{0, 25, 75, 100});
  }
}

TEST_CASE("sums beyond a byte's range end at its limits") {
  const Pixels edge = picture_of({1, 4}, {0, 0, 253, 253});
  const auto reds = reds_after(edge, {ResizeStep{{1, 8}, ResizeFilter::bicubic}}, {1, 8});
  CHECK(reds == std::vector{0, 0, 0, 51, 202, 255, 255, 253});
}

TEST_CASE("the nearest pixel is taken as it is, the later one of two") {
  CHECK(reds_after(kRow, {ResizeStep{{2, 3}, ResizeFilter::nearest}}, {2, 3}) ==
        std::vector{20, 40, 60, 20, 40, 60});
  CHECK(reds_after(kRow, {ResizeStep{{1, 2}, ResizeFilter::nearest}}, {1, 2}, ImageBackend::torchvision) ==
        std::vector{20, 50});
}

TEST_CASE("a picture of one color keeps it, whatever its size becomes") {
  for (const ResizeFilter filter : {ResizeFilter::nearest, ResizeFilter::box, ResizeFilter::bilinear,
                                    ResizeFilter::hamming, ResizeFilter::bicubic, ResizeFilter::lanczos}) {
    for (const ImageSize size : {ImageSize{1, 1}, ImageSize{1, 9}, ImageSize{40, 1}, ImageSize{40, 33}}) {
      const auto pixels = grey({17, 5});
      CHECK(done(pixels, {ResizeStep{size, filter}}, size) == done(grey(size), {CenterCropStep{size}}, size));
    }
  }
}

TEST_CASE("the longer side is cut to a whole number") {
  const ImageSize upright{4, 2};  // int(2 * 7 / 3)
  CHECK(done(grey({7, 3}), {ResizeShortestStep{2}}, upright).size() == 24);
  CHECK(done(grey({3, 7}), {ResizeShortestStep{2}}, {2, 4}).size() == 24);
  CHECK(done(grey({3, 3}), {ResizeShortestStep{5}}, {5, 5}).size() == 75);
}

TEST_CASE("a square of the middle is a part of the shorter side, cut to a whole number") {
  const Pixels pixels = picture_of({2, 5}, {1, 2, 3, 4, 5, 11, 12, 13, 14, 15});
  CHECK(reds_after(pixels, {CenterSquareStep{1, 1}}, {2, 2}) == std::vector{2, 3, 12, 13});
  CHECK(reds_after(pixels, {CenterSquareStep{7, 8}}, {1, 1}) == std::vector{3});  // int(2 * 7 / 8)
}

TEST_CASE("steps change nothing where the size is already right") {
  std::mt19937 chance(1);
  const Pixels pixels = random_picture({8, 9}, chance);
  const std::vector<std::byte> values(pixels.values.begin(), pixels.values.end());
  CHECK(done(pixels, {ResizeStep{{8, 9}, ResizeFilter::lanczos}, CenterCropStep{{8, 9}}}, {8, 9}) == values);
  CHECK(done(pixels, {ResizeShortestStep{8, ResizeFilter::bicubic}}, {8, 9}) == values);
}

TEST_CASE("steps give for a picture what they give for it alone") {
  std::mt19937 chance(2);
  const std::vector<ImageStep> steps{CenterSquareStep{7, 8}, ResizeShortestStep{24, ResizeFilter::bicubic},
                                     CenterCropStep{{26, 20}}, ResizeStep{{11, 13}, ResizeFilter::lanczos}};
  ImageSteps kept({.steps = steps, .size = {11, 13}});
  for (int round = 0; round < 40; ++round) {
    const ImageSize size{static_cast<int>(chance() % 60) + 2, static_cast<int>(chance() % 60) + 2};
    const Pixels pixels = random_picture(size, chance);
    std::vector<std::byte> result = room_for({11, 13});
    REQUIRE(kept.apply(pixels, result) == std::nullopt);
    CHECK(result == done(pixels, steps, {11, 13}));
  }
}

TEST_CASE("a crop behind a resize gives that part of the whole resized picture") {
  std::mt19937 chance(3);
  for (const ResizeFilter filter : {ResizeFilter::nearest, ResizeFilter::bilinear, ResizeFilter::lanczos}) {
    for (const ImageBackend backend : {ImageBackend::pil, ImageBackend::torchvision}) {
      const Pixels pixels = random_picture({90, 31}, chance);
      const auto whole = done(pixels, {ResizeStep{{23, 40}, filter}}, {23, 40}, backend);
      const Pixels resized{{23, 40}, RawBytes(whole.begin(), whole.end())};
      CHECK(done(pixels, {ResizeStep{{23, 40}, filter}, CenterCropStep{{10, 50}}}, {10, 50}, backend) ==
            done(resized, {CenterCropStep{{10, 50}}}, {10, 50}, backend));
    }
  }
}

TEST_CASE("a picture that leaves nothing or becomes endless is refused with its size") {
  CHECK(refusal(grey({1, 7}), {CenterSquareStep{7, 8}, ResizeStep{{2, 2}}}, {2, 2}) ==
        "a picture of 1 x 7 pixels is too small: its middle square has none");
  CHECK(
      refusal(grey({1, 20000}), {ResizeShortestStep{256}, CenterCropStep{{2, 2}}}, {2, 2}) ==
      "a picture of 1 x 20000 pixels is too narrow: resized it would have 256 x 5120000, and 4194304 is the "
      "limit for a side");
  CHECK(refusal(grey({1, 4194305}), {CenterCropStep{{2, 2}}}, {2, 2}) ==
        "a picture of 1 x 4194305 pixels is too narrow: 4194304 is the limit for a side");
  CHECK(refusal(grey({1, 9000}), {ResizeShortestStep{256}, ResizeStep{{2, 2}}}, {2, 2}) ==
        "a picture of 1 x 9000 pixels is too narrow: it would have 256 x 2304000 between two steps, and "
        "67108864 "
        "is the limit");
}

TEST_CASE("steps that do not end in their size are a mistake of ours") {
  ImageSteps wrong({.steps = {CenterCropStep{{2, 2}}}, .size = {3, 3}});
  std::vector<std::byte> result = room_for({3, 3});
  CHECK_THROWS_AS(wrong.apply(grey({5, 5}), result), InternalError);
}
