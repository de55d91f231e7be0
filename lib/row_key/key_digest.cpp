#include "row_key/key_digest.hpp"

#include <cstring>

namespace infer {

void KeyDigest::add(std::string_view piece) {
  add(static_cast<std::int64_t>(piece.size()));
  bytes_ += piece;
}

void KeyDigest::add(std::int64_t number) {
  const auto begin = bytes_.size();
  bytes_.resize(begin + sizeof number);
  std::memcpy(bytes_.data() + begin, &number, sizeof number);
}

RowKey KeyDigest::key() const {
  auto key = context_ ? detail::lasting_key(*context_, bytes_) : RowKey{};
  if (secret_) {
    const auto digest = digest128_of(bytes_, *secret_);
    key = {digest.low, digest.high};
  }
  if (key.is_none()) key.low = 1;
  return key;
}

}  // namespace infer
