// Records with pictures: a row each, never an exception; base64 is read as a slow reader of it does; whatever
// a record names, no file is found outside of an empty folder.
#include <optional>
#include <string>
#include <string_view>

#include "decoder/decoder.hpp"
#include "decoder/image/base64.hpp"
#include "fuzz/require.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/decoder/raw_chunk.hpp"

namespace infer {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<unsigned> value_of(char digit) {
  if (digit == '-') digit = '+';
  if (digit == '_') digit = '/';
  const auto at = kDigits.find(digit);
  return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<unsigned>(at));
}

/// Bit by bit; empty where the text is none.
std::optional<std::string> slowly_decoded(std::string_view text) {
  std::string digits;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    if (c == '=') {
      ++padding;
    } else if (padding > 0 || !value_of(c)) {
      return std::nullopt;
    } else {
      digits += c;
    }
  }
  const auto last = digits.size() % 4;
  if (last == 1 || (padding > 0 && (last == 0 || last + padding != 4))) return std::nullopt;
  std::string bytes(digits.size() * 6 / 8, '\0');
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto is_set = *value_of(digits[bit / 6]) >> (5 - bit % 6) & 1U;
    if (is_set != 0)
      bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) | 128U >> bit % 8);
  }
  return bytes;
}

void check_base64(std::string_view text) {
  RawBytes bytes;
  const auto wrong = detail::decode_base64(text, bytes);
  const auto expected = slowly_decoded(text);
  INFER_FUZZ_REQUIRE(wrong.has_value() == !expected.has_value());
  if (expected) INFER_FUZZ_REQUIRE(as_text(bytes) == *expected);
  if (wrong) INFER_FUZZ_REQUIRE(*wrong <= text.size());
}

DecoderConfig config(const std::string& folder) {
  DecoderConfig config;
  config.signature.inputs = {{"image", DType::uint8, {4, 4, 3}, {}, {}}};
  config.signature.sources = {{{"image"}, {}, true}};
  config.signature.image =
      ImageSpec{ImageBackend::pil, true, {ResizeStep{{4, 4}, ResizeFilter::bilinear}}, {4, 4}};
  config.carried = {"id"};
  config.max_record_bytes = 1U << 16U;
  config.images = {{{folder, true}}, 1U << 12U, 1U << 16U};
  return config;
}

void check_record(Decoder& decoder, std::string_view record) {
  const auto chunk = decoder.decode(test::raw_chunk({record}));
  INFER_FUZZ_REQUIRE(chunk.table.rows.size() == 1);
  const auto& error = chunk.table.rows.front().error;
  INFER_FUZZ_REQUIRE(chunk.inputs.front().values.size() == (error ? 0U : 48U));
  if (error) INFER_FUZZ_REQUIRE(!error->message.empty());
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infer;
  static const test::ScratchFolder folder;
  static Decoder decoder(config(folder.path("")));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_base64(text);
  check_record(decoder, text.substr(0, text.find('\n')));
  return 0;
}
