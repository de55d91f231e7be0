// Bytes that come one after the other and but once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace infer {

struct StreamRead {
  std::size_t bytes = 0;
  bool at_end = false;  ///< none come after these; without, and without bytes: none are there right now
};

/// Thread-compatible.
class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  /// Fills some of `target`, which is not empty, from its front. Waits a little only where nobody knows when
  /// more will come. Throws RunError for what cannot be read, now and at every later call.
  virtual StreamRead read(std::span<std::byte> target) = 0;
  /// Leaves out up to `most` bytes without reading them; returns how many: none where that cannot be done.
  virtual std::uint64_t skip(std::uint64_t /*most*/) { return 0; }
};

}  // namespace infer
