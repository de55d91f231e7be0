// Any text as infer.json, and as the list of inputs of an AOTInductor package: what it says, or a UsageError.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "fuzz/require.hpp"
#include "model_file/bundle.hpp"
#include "model_file/package_facts.hpp"

namespace infer {
namespace {

void check(const Bundle& bundle) {
  const auto& signature = bundle.signature;
  INFER_FUZZ_REQUIRE(!signature.inputs.empty() && signature.inputs.size() == signature.sources.size());
  INFER_FUZZ_REQUIRE(!signature.result.outputs.empty());
  for (const auto& input : signature.inputs) {
    for (const auto size : input.shape) INFER_FUZZ_REQUIRE(size > 0 || size == kVariableDim);
    if (!input.has_variable_dims()) INFER_FUZZ_REQUIRE(element_count(input.shape) <= kMostValues);
    if (input.pad) INFER_FUZZ_REQUIRE(holds(input.dtype, *input.pad));
  }
  INFER_FUZZ_REQUIRE(signature.result.width <= kMostValues);
  for (const auto& source : signature.sources) INFER_FUZZ_REQUIRE(source.tokens || !source.path.empty());
  const bool takes_text =
      std::ranges::any_of(signature.sources, [](const auto& source) { return source.tokens.has_value(); });
  INFER_FUZZ_REQUIRE(takes_text == signature.text.has_value());
  if (takes_text) INFER_FUZZ_REQUIRE(signature.text->max_length > 0 && !signature.text->fields.empty());
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infer;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    check(parse_bundle(text, "infer.json"));
  } catch (const UsageError&) {
  }
  try {
    detail::arguments_of_spec(text, "model.pt2");
  } catch (const UsageError&) {
  }
  try {
    detail::parse_package_facts(text, "model.pt2");
  } catch (const UsageError&) {
  }
  return 0;
}
