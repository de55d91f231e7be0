#include "tokenizer/tokenizer.hpp"

#include "base/error.hpp"
#include "base/in_rust.hpp"
#include "tokenizer/c_abi.h"

#include <type_traits>

#ifdef INFER_TSAN
// At the end of a thread the allocator in Rust cleans up; that is no call of ours.
extern "C" const char* __tsan_default_suppressions() { return "race:_mi_\n"; }
#endif

namespace infer {

namespace {

struct Destroy {
  void operator()(InferTokenizer* tokenizer) const {
    const InRust in_rust;
    infer_tokenizer_destroy(tokenizer);
  }
  void operator()(InferTokenBuffer* buffer) const {
    const InRust in_rust;
    infer_token_buffer_destroy(buffer);
  }
};

// The spans are handed on as they are.
static_assert(std::is_standard_layout_v<TokenSpan> && sizeof(TokenSpan) == sizeof(InferTokenSpan));
static_assert(offsetof(TokenSpan, begin) == offsetof(InferTokenSpan, begin) &&
              offsetof(TokenSpan, end) == offsetof(InferTokenSpan, end) &&
              offsetof(TokenSpan, special) == offsetof(InferTokenSpan, special));

std::string error_of(const InferTokenView& view) { return {view.error, view.error_size}; }

}  // namespace

struct TokenBuffer::Handle {
  std::unique_ptr<InferTokenBuffer, Destroy> buffer{infer_token_buffer_create()};
  InferTokenView view = infer_token_buffer_view(buffer.get());
};

struct Tokenizer::Handle {
  std::unique_ptr<InferTokenizer, Destroy> tokenizer;
};

TokenBuffer::TokenBuffer() : handle_(std::make_unique<Handle>()) {}
TokenBuffer::TokenBuffer(TokenBuffer&&) noexcept = default;
TokenBuffer& TokenBuffer::operator=(TokenBuffer&&) noexcept = default;
TokenBuffer::~TokenBuffer() = default;

std::span<const std::uint32_t> TokenBuffer::ids() const { return {handle_->view.ids, handle_->view.size}; }

std::span<const std::uint32_t> TokenBuffer::types() const {
  return {handle_->view.types, handle_->view.size};
}

std::span<const TokenSpan> TokenBuffer::spans() const {
  return {reinterpret_cast<const TokenSpan*>(handle_->view.spans), handle_->view.spans_size};
}

bool TokenBuffer::truncated() const { return handle_->view.truncated; }

bool tokenizer_available() { return true; }

std::string tokenizer_version() { return std::string("tokenizers ") + infer_tokenizer_version(); }

Tokenizer::Tokenizer(std::string_view json, const TokenizerConfig& config)
    : handle_(std::make_unique<Handle>()) {
  const InferTokenizerConfig options{config.max_length, config.truncate_left, config.spans};
  const std::unique_ptr<InferTokenBuffer, Destroy> buffer(infer_token_buffer_create());
  const InRust in_rust;
  handle_->tokenizer.reset(infer_tokenizer_create(json.data(), json.size(), options, buffer.get()));
  if (!handle_->tokenizer) {
    throw UsageError("cannot use tokenizer.json: " + error_of(infer_token_buffer_view(buffer.get())) +
                     "; export the model again");
  }
}

Tokenizer::~Tokenizer() = default;

std::optional<std::string> Tokenizer::encode(std::string_view text, std::optional<std::string_view> pair,
                                             TokenBuffer& tokens) const {
  // Null stands for no pair, and an empty view may have a null pointer.
  const char* second = !pair ? nullptr : pair->empty() ? "" : pair->data();
  const std::size_t second_size = pair ? pair->size() : 0;
  InferTokenBuffer* buffer = tokens.handle_->buffer.get();
  const InRust in_rust;
  const bool done =
      infer_tokenizer_encode(handle_->tokenizer.get(), text.data(), text.size(), second, second_size, buffer);
  tokens.handle_->view = infer_token_buffer_view(buffer);
  if (!done) return error_of(tokens.handle_->view);
  return std::nullopt;
}

}  // namespace infer
