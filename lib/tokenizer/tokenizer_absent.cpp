// The same class in a build without Rust.
#include "tokenizer/tokenizer.hpp"

#include "base/error.hpp"

namespace infer {

struct TokenBuffer::Handle {};
struct Tokenizer::Handle {};

TokenBuffer::TokenBuffer() = default;
TokenBuffer::TokenBuffer(TokenBuffer&&) noexcept = default;
TokenBuffer& TokenBuffer::operator=(TokenBuffer&&) noexcept = default;
TokenBuffer::~TokenBuffer() = default;

std::span<const std::uint32_t> TokenBuffer::ids() const { return {}; }
std::span<const std::uint32_t> TokenBuffer::types() const { return {}; }
std::span<const TokenSpan> TokenBuffer::spans() const { return {}; }
bool TokenBuffer::truncated() const { return false; }

bool tokenizer_available() { return false; }

std::string tokenizer_version() { return "no tokenizer in this build"; }

Tokenizer::Tokenizer(std::string_view, const TokenizerConfig&) {
  throw UsageError(
      "the model takes text, and this infer was built without a tokenizer: build it with "
      "-DINFER_ENABLE_RUST=ON");
}

Tokenizer::~Tokenizer() = default;

std::optional<std::string> Tokenizer::encode(std::string_view, std::optional<std::string_view>,
                                             TokenBuffer&) const {
  throw InternalError("there is no tokenizer in this build");
}

}  // namespace infer
