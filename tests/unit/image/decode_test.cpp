#include "image/decode.hpp"

#include <catch2/catch.hpp>

#include "unit/image/picture_files.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

const DecodeOptions kOptions{1'000'000, true};

std::vector<std::uint8_t> decoded(std::string_view file, const DecodeOptions& options = kOptions) {
  Pixels pixels;
  const auto problem = decode_image(as_byte_view(file), options, pixels);
  INFO(problem.value_or(""));
  REQUIRE(!problem);
  REQUIRE(pixels.values.size() == pixels.row_bytes() * static_cast<std::size_t>(pixels.size.height));
  const auto* values = reinterpret_cast<const std::uint8_t*>(pixels.values.data());
  return {values, values + pixels.values.size()};
}

std::string problem_of(std::string_view file, const DecodeOptions& options = kOptions) {
  Pixels pixels;
  return decode_image(as_byte_view(file), options, pixels).value_or("decoded");
}

std::string png_header(std::string_view sizes) {
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", std::string(sizes) + std::string("\x08\x02\0\0\0", 5));
}

}  // namespace

TEST_CASE("decode: PNG and lossless WebP give the values that were saved") {
  const auto picture = numbered(5, 4);
  CHECK(decoded(as_png(picture)) == picture.values);
  CHECK(decoded(as_webp(picture)) == picture.values);
}

TEST_CASE("decode: a JPEG of quality 100 gives nearly the values that were saved") {
  const auto picture = numbered(16, 5);
  const auto values = decoded(as_jpeg(picture));
  REQUIRE(values.size() == picture.values.size());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(std::abs(values[i] - picture.values[i]) <= 2);
}

TEST_CASE("decode: arithmetic codes are read, and refused where they are cut off") {
  const auto picture = numbered(30, 30);
  const auto file = as_jpeg(picture, {0, false, true});
  CHECK(decoded(file) == decoded(as_jpeg(picture)));
  CHECK(problem_of(file.substr(0, file.size() - 200)) ==
        "the JPEG ends too early, after " + std::to_string(file.size() - 200) + " bytes");
}

TEST_CASE("decode: inks of a CMYK JPEG are read as inverted") {
  RawPicture picture{8, 8, std::vector<std::uint8_t>(192, 200)};
  for (const int value : decoded(as_jpeg(picture, {0, true}))) CHECK(std::abs(value - 200) <= 1);
}

TEST_CASE("decode: what is none of the three formats is named, with the remedy") {
  CHECK(problem_of("") == "it has no bytes");
  CHECK(problem_of("GIF89a...") == "it is neither JPEG, PNG nor WebP but GIF: convert it to one of them");
  CHECK(problem_of("BM....") == "it is neither JPEG, PNG nor WebP but BMP: convert it to one of them");
  CHECK_THAT(problem_of(std::string("II*\0.", 5)), Contains("but TIFF"));
  CHECK_THAT(problem_of(std::string("\0\0\1\0.", 5)), Contains("but ICO"));
  CHECK_THAT(problem_of(std::string("\0\0\0\x1c"
                                    "ftypavif",
                                    12)),
             Contains("but AVIF"));
  CHECK_THAT(problem_of(std::string("\0\0\0\x1c"
                                    "ftypheic",
                                    12)),
             Contains("but HEIC"));
  CHECK(problem_of("<html>") == "it is neither JPEG, PNG nor WebP: convert it to one of them");
}

TEST_CASE("decode: more pixels than the limit are refused by the header, whatever follows") {
  CHECK(problem_of(png_header(std::string("\0\1\x86\xA0\0\1\x86\xA0", 8)) + png_chunk("IDAT", "")) ==
        "it has 100000 x 100000 pixels, more than 1000000: raise --max-image-pixels or make it smaller");
  const auto picture = numbered(10, 10);
  for (const auto& file : {as_jpeg(picture), as_png(picture), as_webp(picture)}) {
    CHECK(problem_of(file, {100, true}) == "decoded");
    CHECK_THAT(problem_of(file, {99, true}), Contains("10 x 10 pixels, more than 99"));
  }
}

TEST_CASE("decode: a picture without pixels is refused") {
  const std::string none("\0\0\0\0\0\0\0\x05", 8);
  CHECK(problem_of(png_header(none) + png_chunk("IDAT", "")) == "it has no pixels: its width or height is 0");
  auto jpeg = as_jpeg(numbered(8, 8));
  const auto frame = jpeg.find("\xFF\xC0");
  jpeg[frame + 5] = jpeg[frame + 6] = 0;
  CHECK_THAT(problem_of(jpeg), Contains("broken"));
}

TEST_CASE("decode: the pixels' memory is used again") {
  Pixels pixels;
  const auto large = as_png(numbered(20, 10));
  const auto small = as_jpeg(numbered(8, 8));
  REQUIRE(!decode_image(as_byte_view(large), kOptions, pixels));
  const auto* memory = pixels.values.data();
  REQUIRE(!decode_image(as_byte_view(small), kOptions, pixels));
  CHECK(pixels.size == ImageSize{8, 8});
  CHECK(pixels.values.size() == 192);
  CHECK(pixels.values.data() == memory);
}

TEST_CASE("decode: a picture that is cut off is refused, with its length") {
  const auto picture = numbered(30, 30);
  const auto jpeg = as_jpeg(picture);
  CHECK(problem_of(jpeg.substr(0, jpeg.size() - 200)) ==
        "the JPEG ends too early, after " + std::to_string(jpeg.size() - 200) + " bytes");
  CHECK_THAT(problem_of(jpeg.substr(0, 40)), Contains("ends before its first scan, after 40 bytes"));
  const auto png = as_png(picture);
  CHECK(problem_of(png.substr(0, png.size() - 30)) ==
        "the PNG ends too early, after " + std::to_string(png.size() - 30) + " bytes");
  const auto webp = as_webp(picture);
  CHECK_THAT(problem_of(webp.substr(0, webp.size() - 9)), Contains("the WebP is broken or ends too early"));
}

TEST_CASE("decode: a PNG's end mark may be missing, and bytes may follow") {
  const auto picture = numbered(30, 30);
  const auto jpeg = as_jpeg(picture);
  CHECK(decoded(jpeg + jpeg) == decoded(jpeg));
  const auto png = as_png(picture);
  CHECK(decoded(png.substr(0, png.size() - 12)) == picture.values);
  CHECK(decoded(png + "more") == picture.values);
}

TEST_CASE("decode: a progressive JPEG has 100 scans at most") {
  const auto picture = numbered(8, 8);
  CHECK(problem_of(as_jpeg(picture, {64, false})) == "decoded");
  CHECK(problem_of(as_jpeg(picture, {127, false})) == "the JPEG has more than 100 scans: save it anew");
}

TEST_CASE("decode: what is broken is told with the library's words") {
  auto jpeg = as_jpeg(numbered(8, 8));
  jpeg[jpeg.find("\xFF\xC4") + 4] = 0x33;
  CHECK(problem_of(jpeg) == "the JPEG is broken: Bogus DHT index 35");
  auto png = as_png(numbered(8, 8), png_chunk("tEXt", "a"));
  png[png.find("tEXt") + 4] = 'b';
  CHECK(problem_of(png) == "the PNG is broken: the checksum of its chunk tEXt is wrong");
}

TEST_CASE("decode: pictures are turned as EXIF says, unless as they lie") {
  // In a file of 2 x 3 pixels, from 0: its pixels in the order in which they are then upright.
  const std::vector<std::vector<int>> upright = {{0, 1, 2, 3, 4, 5}, {1, 0, 3, 2, 5, 4}, {5, 4, 3, 2, 1, 0},
                                                 {4, 5, 2, 3, 0, 1}, {0, 2, 4, 1, 3, 5}, {4, 2, 0, 5, 3, 1},
                                                 {5, 3, 1, 4, 2, 0}, {1, 3, 5, 0, 2, 4}};
  const auto picture = numbered(2, 3);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big : {false, true}) {
      const auto file = as_png(picture, png_chunk("eXIf", exif(orientation, big)));
      std::vector<std::uint8_t> expected;
      for (const int pixel : upright[static_cast<std::size_t>(orientation - 1)]) {
        for (int i = 1; i <= 3; ++i) expected.push_back(static_cast<std::uint8_t>(3 * pixel + i));
      }
      CHECK(decoded(file) == expected);
      CHECK(decoded(file, {1000, false}) == picture.values);
      Pixels pixels;
      REQUIRE(!decode_image(as_byte_view(file), kOptions, pixels));
      CHECK(pixels.size == (orientation < 5 ? ImageSize{3, 2} : ImageSize{2, 3}));
    }
  }
}

TEST_CASE("decode: EXIF that cannot be read turns nothing") {
  const auto picture = numbered(2, 3);
  for (const auto& broken :
       {std::string("?"), std::string("not a TIFF file"), exif(6).substr(0, 20), exif(0), exif(9)}) {
    CHECK(decoded(as_png(picture, png_chunk("eXIf", broken))) == picture.values);
  }
}
