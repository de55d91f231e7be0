// Any bytes as a picture: a message, or pixels, as many as the size says and within the limit; the same
// whatever was in the memory before, and as many without turning them.
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fuzz/require.hpp"
#include "image/decode.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kMaxPixels = 4096;

/// Into memory that is full of `before`.
std::optional<std::string> decode(ByteView file, bool orient, std::byte before, Pixels& pixels) {
  pixels.values.resize(kMaxPixels * 3);
  std::ranges::fill(pixels.values, before);
  return decode_image(file, {kMaxPixels, orient}, pixels);
}

void check(ByteView file) {
  Pixels pixels;
  Pixels again;
  Pixels as_it_lies;
  const auto problem = decode(file, true, std::byte{0}, pixels);
  INFER_FUZZ_REQUIRE(decode(file, true, std::byte{0xAA}, again) == problem);
  INFER_FUZZ_REQUIRE(decode(file, false, std::byte{0x55}, as_it_lies) == problem);
  if (problem) {
    INFER_FUZZ_REQUIRE(!problem->empty());
    return;
  }
  INFER_FUZZ_REQUIRE(pixels.size.width > 0 && pixels.size.height > 0);
  const auto count =
      static_cast<std::uint64_t>(pixels.size.width) * static_cast<std::uint64_t>(pixels.size.height);
  INFER_FUZZ_REQUIRE(count <= kMaxPixels && pixels.values.size() == count * 3);
  INFER_FUZZ_REQUIRE(again.size == pixels.size && again.values == pixels.values);
  INFER_FUZZ_REQUIRE(as_it_lies.values.size() == pixels.values.size());
  const bool is_turned = as_it_lies.size != pixels.size;
  if (is_turned) INFER_FUZZ_REQUIRE(as_it_lies.size == (ImageSize{pixels.size.width, pixels.size.height}));
}

/// Makes the checksums of a PNG's chunks right: no change would come through otherwise.
void mend_checksums(std::span<std::uint8_t> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (!text.starts_with("\x89PNG")) return;
  for (std::size_t at = 8; at + 12 <= file.size();) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8U | file[at + i];
    if (length > file.size() - at - 12) return;
    const auto crc = crc32_z(0, file.data() + at + 4, length + 4);
    for (std::size_t i = 0; i < 4; ++i)
      file[at + 8 + length + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
    at += 12 + length;
  }
}

}  // namespace
}  // namespace infer

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  const auto changed = LLVMFuzzerMutate(data, size, max_size);
  if (seed % 8 != 0) infer::mend_checksums({data, changed});
  return changed;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  infer::check({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
