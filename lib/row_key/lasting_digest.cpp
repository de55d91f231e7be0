#include "row_key/lasting_digest.hpp"

#include <cstring>

#include "base/in_rust.hpp"
#include "row_key/c_abi.h"

namespace infer::detail {
namespace {

/// Rust wants a pointer also to nothing.
const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.empty() ? "" : text.data());
}

}  // namespace

KeyContext key_context(std::string_view text) {
  const InRust in_rust;
  KeyContext context;
  infer_row_key_context(bytes_of(text), text.size(), context.data());
  return context;
}

RowKey lasting_key(const KeyContext& context, std::string_view bytes) {
  const InRust in_rust;
  std::array<std::uint8_t, sizeof(RowKey)> digest;
  infer_row_key(context.data(), bytes_of(bytes), bytes.size(), digest.data());
  RowKey key;
  std::memcpy(&key, digest.data(), sizeof key);
  return key;
}

}  // namespace infer::detail
