#include "base/digest.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <sys/random.h>

#include <array>
#include <cstdio>

#include "base/error.hpp"

namespace infer {

struct Digest::State {
  XXH3_state_t xxh3;
};

Digest::Digest() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->xxh3); }
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::add(std::string_view bytes) { XXH3_64bits_update(&state_->xxh3, bytes.data(), bytes.size()); }

std::uint64_t Digest::value() const { return XXH3_64bits_digest(&state_->xxh3); }

std::uint64_t digest_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

DigestSecret random_digest_secret() {
  static_assert(std::tuple_size_v<DigestSecret> >= XXH3_SECRET_SIZE_MIN);
  DigestSecret secret;  // up to 256 bytes come at once
  if (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size()))
    throw RunError(errno_message("cannot get random bytes from the kernel"));
  return secret;
}

Digest128 digest128_of(std::string_view bytes, const DigestSecret& secret) {
  const auto digest = XXH3_128bits_withSecret(bytes.data(), bytes.size(), secret.data(), secret.size());
  return {digest.low64, digest.high64};
}

std::uint64_t joined_digest(std::uint64_t earlier, std::uint64_t next) {
  const std::array<std::uint64_t, 2> both{earlier, next};
  return XXH3_64bits(both.data(), sizeof both);
}

std::string digest_text(std::uint64_t digest) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(digest));
  return text.data();
}

}  // namespace infer
