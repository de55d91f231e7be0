/* The C interface of the Rust crate in rust/, used by tokenizer.cpp alone. No function lets a panic through.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct InferTokenizer InferTokenizer;     /* immutable; any number of threads may use it at once */
typedef struct InferTokenBuffer InferTokenBuffer; /* one thread at a time */

typedef struct InferTokenizerConfig {
  size_t max_length; /* tokens, special ones included; 0: no limit */
  bool truncate_left;
  bool spans;
} InferTokenizerConfig;

typedef struct InferTokenSpan {
  uint32_t begin; /* bytes of the first text */
  uint32_t end;
  bool special;
} InferTokenSpan;

/* What the last call left in a buffer, which owns all of it: valid until the buffer is used again or
   destroyed. No pointer is null, except where a count is 0. After a failure everything is empty but `error`,
   one line of UTF-8. */
typedef struct InferTokenView {
  const uint32_t* ids;
  const uint32_t* types; /* as many as ids */
  const InferTokenSpan* spans;
  const char* error; /* not terminated */
  size_t size;
  size_t spans_size; /* size, or 0 when spans are not wanted */
  size_t error_size; /* 0 after success */
  bool truncated;
} InferTokenView;

/* Takes the bytes of a tokenizer.json, which it does not keep. Returns null on failure, with the reason in
   `buffer`. The caller owns the result and destroys it. Any thread. */
InferTokenizer* infer_tokenizer_create(const char* json, size_t json_size, InferTokenizerConfig config,
                                       InferTokenBuffer* buffer);

/* Null is allowed. No thread may be using it. */
void infer_tokenizer_destroy(InferTokenizer* tokenizer);

/* The caller owns the result and destroys it. Any thread. */
InferTokenBuffer* infer_token_buffer_create(void);

/* Null is allowed. */
void infer_token_buffer_destroy(InferTokenBuffer* buffer);

/* Tokenizes the text, or the pair of texts when `pair` is not null. Returns false on failure. Any thread. */
bool infer_tokenizer_encode(const InferTokenizer* tokenizer, const char* text, size_t text_size,
                            const char* pair, size_t pair_size, InferTokenBuffer* buffer);

InferTokenView infer_token_buffer_view(const InferTokenBuffer* buffer);

/* Version of the crate tokenizers, terminated, static. */
const char* infer_tokenizer_version(void);

#ifdef __cplusplus
}
#endif
