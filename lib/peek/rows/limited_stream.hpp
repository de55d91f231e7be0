// The first bytes of a file that may still grow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/unique_fd.hpp"
#include "reader/stream/byte_stream.hpp"

namespace infer {

class LimitedStream final : public ByteStream {
 public:
  /// "-" is standard input. `begin`: leaves out what stands before, of a regular file. Throws UsageError when
  /// it cannot be opened.
  LimitedStream(std::string path, std::uint64_t bytes, std::uint64_t begin = 0);

  StreamRead read(std::span<std::byte> target) override;

 private:
  std::string path_;
  UniqueFd fd_;
  std::uint64_t left_;
};

struct FirstBytes {
  std::string plain;     ///< as they stand there
  std::string unpacked;  ///< of what gzip or zstd packed: as they were before
};

/// A few. Throws UsageError when it cannot be opened; what is damaged has none unpacked.
FirstBytes first_bytes(const std::string& path);

}  // namespace infer
