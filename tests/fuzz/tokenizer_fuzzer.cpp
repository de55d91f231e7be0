// Any bytes as text, or as a pair of texts, through one small tokenizer of each kind.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/require.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer {
namespace {

constexpr const char* kKinds[] = {"wordpiece", "byte_level_bpe", "modern_byte_level_bpe", "bpe", "unigram"};
constexpr TokenizerConfig kConfigs[] = {
    {0, false, true}, {7, false, true}, {7, true, true}, {5, false, false}};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  INFER_FUZZ_REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Configured {
  TokenizerConfig config;
  std::unique_ptr<const Tokenizer> tokenizer;
};

std::vector<Configured> make_tokenizers() {
  std::vector<Configured> tokenizers;
  for (const auto* kind : kKinds) {
    const auto json = read_file(std::string(INFER_FUZZ_FOLDER "/tokenizers/") + kind + ".json");
    for (const auto& config : kConfigs)
      tokenizers.push_back({config, std::make_unique<const Tokenizer>(json, config)});
  }
  return tokenizers;
}

void check_spans(const TokenBuffer& tokens, std::string_view text, bool wanted) {
  INFER_FUZZ_REQUIRE(tokens.spans().size() == (wanted ? tokens.ids().size() : 0));
  const auto inside_character = [&](std::uint32_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  for (const auto& span : tokens.spans()) {
    INFER_FUZZ_REQUIRE(span.begin <= span.end && span.end <= text.size());
    INFER_FUZZ_REQUIRE(!inside_character(span.begin) && !inside_character(span.end));
  }
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infer;
  static const auto tokenizers = make_tokenizers();
  FuzzedDataProvider input(data, size);
  const auto& [config, tokenizer] =
      tokenizers[input.ConsumeIntegralInRange<std::size_t>(0, tokenizers.size() - 1)];
  std::optional<std::string> pair;
  if (input.ConsumeBool()) pair = input.ConsumeRandomLengthString();
  const auto text = input.ConsumeRemainingBytesAsString();

  TokenBuffer tokens;
  const auto refusal = tokenizer->encode(text, pair, tokens);
  INFER_FUZZ_REQUIRE(!refusal || (!refusal->empty() && refusal->find('\n') == std::string::npos));
  INFER_FUZZ_REQUIRE(!refusal || refusal->find("panicked") == std::string::npos);
  if (refusal) INFER_FUZZ_REQUIRE(tokens.ids().empty());
  INFER_FUZZ_REQUIRE(tokens.types().size() == tokens.ids().size());
  if (config.max_length > 0) INFER_FUZZ_REQUIRE(tokens.ids().size() <= config.max_length);
  check_spans(tokens, text, config.spans && !refusal);

  TokenBuffer again;
  INFER_FUZZ_REQUIRE(tokenizer->encode(text, pair, again) == refusal);
  INFER_FUZZ_REQUIRE(std::ranges::equal(tokens.ids(), again.ids()));
  return 0;
}
