// Which program packed a file, by its first bytes and never by its name; and how each is unpacked.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include "base/bytes.hpp"

namespace infer {

enum class Packing { none, gzip, zstandard };

constexpr std::size_t kPackingBytes = 4;  ///< of a file tell

/// Of a file's first bytes, kPackingBytes or all that it has.
Packing packing_of(ByteView head);

/// What is wrong with a packed file; who knows its name adds that.
class BrokenPacking : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Takes packed bytes as they come. Thread-compatible.
class Unpacker {
 public:
  Unpacker() = default;
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  virtual ~Unpacker() = default;

  /// Takes from the front of `packed` and fills the front of `target`; both shrink by that. Once it is not
  /// full, nothing more comes of what was taken. Throws BrokenPacking, after which only the same comes.
  virtual void unpack(ByteView& packed, std::span<std::byte>& target) = 0;
  /// Whether the packed bytes may end here.
  virtual bool may_end() const = 0;
  /// Bytes behind the end that were ignored, as the program that packs does it.
  virtual bool has_ignored() const { return false; }
};

std::unique_ptr<Unpacker> make_gzip_unpacker();
std::unique_ptr<Unpacker> make_zstd_unpacker();

}  // namespace infer
