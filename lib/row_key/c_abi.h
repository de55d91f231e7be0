/* The C interface of the Rust crate in rust/, used by lasting_digest.cpp alone. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `bytes` are never null, also where `size` is 0. */

/* 32 bytes: the BLAKE3 hash of these. */
void infer_row_key_context(const uint8_t* bytes, size_t size, uint8_t* context);

/* 16 bytes: the first of the BLAKE3 hash of these, keyed by a context. */
void infer_row_key(const uint8_t* context, const uint8_t* bytes, size_t size, uint8_t* key);

#ifdef __cplusplus
}
#endif
