// A fast 64-bit digest of bytes (XXH3): tells whether data is what it was. No protection against intent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace infer {

/// Thread-compatible.
class Digest {
 public:
  Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  void add(std::string_view bytes);
  /// Of everything added so far.
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::uint64_t digest_of(std::string_view bytes);

/// Random bytes: digests by one that nobody knows cannot be aimed at.
using DigestSecret = std::array<std::byte, 192>;
/// From the kernel. Throws RunError.
DigestSecret random_digest_secret();

struct Digest128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};
/// 128 bits of XXH3.
Digest128 digest128_of(std::string_view bytes, const DigestSecret& secret);

/// Of a sequence of pieces, from that of the earlier ones (0 for none) and the next one's.
std::uint64_t joined_digest(std::uint64_t earlier, std::uint64_t next);

/// 16 hexadecimal digits.
std::string digest_text(std::uint64_t digest);

}  // namespace infer
