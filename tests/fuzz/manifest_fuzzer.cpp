// Any bytes as the manifest of a folder of parts, whole or unfinished: never an exception; what is taken is
// consistent, and reads back as the same.
#include <string>
#include <string_view>

#include "fuzz/require.hpp"
#include "writer/parts/manifest.hpp"
#include "writer/parts/part_names.hpp"

namespace infer {
namespace {

std::string text_of(const Manifest& manifest) {
  auto text = manifest_begin({"", manifest.format, manifest.header_bytes, {}});
  for (const auto& part : manifest.parts) text += manifest_line(part, &part == &manifest.parts.front());
  return text;
}

void check(const Manifest& manifest) {
  const auto text = text_of(manifest);
  const auto unfinished = parse_unfinished_manifest(text);
  INFER_FUZZ_REQUIRE(unfinished && unfinished->parts == manifest.parts && unfinished->sum == manifest.sum);
  const auto whole = parse_manifest(text + manifest_end(manifest.sum));
  INFER_FUZZ_REQUIRE(whole && whole->parts == manifest.parts && whole->sum == manifest.sum);
  INFER_FUZZ_REQUIRE(whole->format == manifest.format && whole->header_bytes == manifest.header_bytes);
  for (const auto& part : manifest.parts) {
    INFER_FUZZ_REQUIRE(!part.file.empty() && part.file.find('/') == std::string::npos && part.file != "..");
    INFER_FUZZ_REQUIRE(part.failed <= part.records && part.rows <= part.records);
  }
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  infer::free_part_stem(bytes);
  if (const auto manifest = infer::parse_manifest(bytes)) infer::check(*manifest);
  if (const auto manifest = infer::parse_unfinished_manifest(bytes)) infer::check(*manifest);
  return 0;
}
