// Text to token ids, exactly as Hugging Face's tokenizers do it: their Rust library behind a C++ class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace infer {

struct TokenizerConfig {
  std::size_t max_length = 0;  ///< longer texts are cut to so many tokens, special ones included; 0: never
  bool truncate_left = false;  ///< cut at the beginning of the text, not at its end
  bool spans = false;          ///< TokenBuffer::spans() are wanted; costs time
};

/// Where a token stands in the first text: bytes [begin, end). Special tokens, which the tokenizer added,
/// stand nowhere and have neither; nor have the tokens of a second text, which are marked special, too.
struct TokenSpan {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool special = false;
};

/// The tokens of one text or pair. Reused from call to call, so that its memory is; one thread at a time.
class TokenBuffer {
 public:
  TokenBuffer();
  TokenBuffer(TokenBuffer&&) noexcept;
  TokenBuffer& operator=(TokenBuffer&&) noexcept;
  ~TokenBuffer();

  // Valid until the buffer is used again.
  std::span<const std::uint32_t> ids() const;
  std::span<const std::uint32_t> types() const;  ///< by the tokenizer: 0, and mostly 1 for a second text
  std::span<const TokenSpan> spans() const;      ///< as many as ids; none unless asked for
  bool truncated() const;                        ///< tokens were cut off

 private:
  friend class Tokenizer;
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

/// False in a build without Rust (INFER_ENABLE_RUST=OFF); then the constructor of Tokenizer throws.
bool tokenizer_available();

/// "tokenizers 0.23.2", or that there is none in this build.
std::string tokenizer_version();

/// Thread-safe: any number of threads may encode at once, each with its own buffer.
class Tokenizer {
 public:
  /// From the bytes of a tokenizer.json; padding and truncation stated there are ignored. Throws UsageError.
  Tokenizer(std::string_view json, const TokenizerConfig& config);
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;
  ~Tokenizer();

  /// The text, or the pair of texts, with special tokens, into `tokens`. Texts must be valid UTF-8. Returns
  /// what went wrong, as one line, when the tokenizer refuses the text or panics; the buffer is then empty.
  /// Of a pair that is too long, the longer text is cut first.
  std::optional<std::string> encode(std::string_view text, std::optional<std::string_view> pair,
                                    TokenBuffer& tokens) const;

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace infer
