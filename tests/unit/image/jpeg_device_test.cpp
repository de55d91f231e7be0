#include <catch2/catch.hpp>
#include <random>

#include "base/error.hpp"
#include "image/decode.hpp"
#include "image/image_reader.hpp"
#include "image/nvjpeg/nvjpeg.hpp"
#include "unit/image/picture_files.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::uint64_t kMostPixels = 1'000'000;

/// A device that makes every value 7, or takes nothing; counts what it is given.
struct SevenDevice {
  bool takes = true;
  int given = 0;

  JpegDevice device() {
    return [this](ByteView, Pixels& pixels) {
      ++given;
      std::ranges::fill(pixels.values, std::byte{7});
      return takes;
    };
  }
};

struct Decoded {
  std::optional<std::string> problem;
  Pixels pixels;
};

Decoded decoded(std::string_view file, JpegDevice device = {}) {
  Decoded decoded;
  decoded.problem = decode_image(as_byte_view(file), {kMostPixels, true, std::move(device)}, decoded.pixels);
  return decoded;
}

bool is_seven(const Pixels& pixels) {
  return std::ranges::all_of(pixels.values, [](std::byte value) { return value == std::byte{7}; });
}

bool are_same(const Pixels& one, const Pixels& other) { return one.values == other.values; }

/// Whether a device is given that file, which goes the processor's way where it is not, or is not taken.
bool is_given(std::string_view file) {
  SevenDevice takes;
  SevenDevice refuses{false};
  const auto own = decoded(file);
  const auto taken = decoded(file, takes.device());
  const auto left = decoded(file, refuses.device());
  CHECK(takes.given == refuses.given);
  CHECK(taken.problem == own.problem);
  CHECK(left.problem == own.problem);
  if (own.problem) {
    CHECK(takes.given == 0);
    return false;
  }
  CHECK(are_same(left.pixels, own.pixels));
  CHECK(taken.pixels.size == own.pixels.size);
  CHECK((takes.given == 1 ? is_seven(taken.pixels) : are_same(taken.pixels, own.pixels)));
  return takes.given == 1;
}

std::string with_restarts(std::string file, std::string_view between) {
  return file.insert(file.size() - 2, between);
}

}  // namespace

TEST_CASE("jpeg device: is given a whole scan of colors") {
  const auto file = as_jpeg(numbered(40, 30));
  CHECK(is_given(file));
  CHECK(is_given(file + "something behind it"));
  CHECK(is_given(with_restarts(file, "\xFF\xD0\xFF\xFF")));
  CHECK(is_given(with_restarts(file, std::string_view("\xFF\0", 2))));
}

TEST_CASE("jpeg device: is not given what the processor alone can judge") {
  const auto picture = numbered(40, 30);
  const auto file = as_jpeg(picture);
  CHECK_FALSE(is_given(file.substr(0, file.size() - 2)));           // nothing ends its scan
  CHECK_FALSE(is_given(file.substr(0, file.size() - 2) + "\xFF"));  //
  CHECK_FALSE(is_given(with_restarts(file, "\xFF\xDA")));           // another scan
  CHECK_FALSE(is_given(as_jpeg(picture, {64})));                    // progressive, grey
  CHECK_FALSE(is_given(as_jpeg(picture, {0, true})));               // inks
  CHECK_FALSE(is_given(as_jpeg(picture, {0, false, true})));        // arithmetic codes
  CHECK_FALSE(is_given(as_png(picture)));
  CHECK_FALSE(is_given(as_webp(picture)));
  CHECK_FALSE(is_given("no picture"));
}

TEST_CASE("jpeg device: is given nothing above the limit of pixels") {
  SevenDevice device;
  Pixels pixels;
  const auto file = as_jpeg(numbered(40, 30));
  const auto problem = decode_image(as_byte_view(file), {1199, true, device.device()}, pixels);
  CHECK_THAT(problem.value_or(""), Contains("--max-image-pixels"));
  CHECK(device.given == 0);
}

TEST_CASE("jpeg device: of damaged files it is given none that the processor refuses") {
  const auto whole = as_jpeg(numbered(24, 16));
  std::mt19937 chance(5);
  int given = 0;
  for (int i = 0; i < 4000; ++i) {
    auto file = whole;
    const int changes = 1 + static_cast<int>(chance() % 3);
    for (int change = 0; change < changes; ++change)
      file[chance() % file.size()] = static_cast<char>(chance());
    if (chance() % 4 == 0) file.resize(chance() % file.size());
    given += is_given(file) ? 1 : 0;
  }
  CHECK(given > 400);  // else nothing was tried
  CHECK(given < 3600);
}

TEST_CASE("jpeg device: its pixels are turned, resized and told as the processor's are") {
  SevenDevice device;
  ImageSpec spec;
  spec.size = {4, 6};
  spec.steps = {ResizeStep{{4, 6}}};
  ImageReader reader(spec, kMostPixels, device.device());
  std::vector<std::byte> target(4 * 6 * 3);
  CHECK(!reader.read(as_byte_view(as_jpeg(numbered(40, 30))), target));
  CHECK(reader.was_on_device());
  CHECK(std::ranges::all_of(target, [](std::byte value) { return value == std::byte{7}; }));
  CHECK(!reader.read(as_byte_view(as_png(numbered(40, 30))), target));
  CHECK_FALSE(reader.was_on_device());
}

TEST_CASE("jpeg device: without a GPU nvJPEG is refused, with the remedy") {
  try {
    const Nvjpeg nvjpeg(0);
    WARN("there is a GPU with nvJPEG here");
  } catch (const UsageError& error) {
    CHECK_THAT(error.what(), Contains("--decode gpu: cannot ") && Contains("or leave --decode gpu away"));
  }
}
