// Any bytes as tokenizer.json: a tokenizer or a UsageError, and what comes of it can be used.
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "fuzz/require.hpp"
#include "tokenizer/tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infer;
  try {
    const Tokenizer tokenizer({reinterpret_cast<const char*>(data), size}, TokenizerConfig{8, false, true});
    TokenBuffer tokens;
    for (const std::string_view text : {"", "a far B\xC3\xA9 \xE6\x9D\xB1\xE4\xBA\xAC 12", "<s> [SEP]"}) {
      for (const auto& pair : {std::optional<std::string_view>(), std::optional<std::string_view>("b a")}) {
        const auto refusal = tokenizer.encode(text, pair, tokens);
        INFER_FUZZ_REQUIRE(!refusal || (!refusal->empty() && tokens.ids().empty()));
        INFER_FUZZ_REQUIRE(tokens.types().size() == tokens.ids().size());
      }
    }
  } catch (const UsageError& error) {
    INFER_FUZZ_REQUIRE(std::string_view(error.what()).find('\n') == std::string_view::npos);
  }
  return 0;
}
