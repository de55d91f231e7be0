// Reads a file at any place of its lines, whether they lie there as they are or in Zstandard frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/unique_fd.hpp"
#include "reader/input_file.hpp"
#include "reader/stream/unpacked_stream.hpp"

namespace infer {

/// Thread-compatible. Keeps a view of the file it was opened with.
class ContentReader {
 public:
  /// False when it cannot be opened; errno says why.
  bool open(const InputFile& file);

  /// Fills `target` from `offset` of the content on; returns fewer bytes only at the end of the file. Throws
  /// RunError on a read error and for damaged frames.
  std::size_t read(std::span<std::byte> target, std::uint64_t offset);

  int fd() const { return fd_.get(); }

 private:
  void go_to(std::uint64_t offset);
  std::size_t read_on(std::span<std::byte> target);

  const InputFile* file_ = nullptr;
  UniqueFd fd_;
  std::unique_ptr<UnpackedStream> frames_;  // from one on, of a framed file
  std::uint64_t place_ = 0;                 // of the next byte from it
};

}  // namespace infer
