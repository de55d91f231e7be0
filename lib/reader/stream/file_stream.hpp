// A file, a pipe or standard input from its begin to its end, as it lies there.
#pragma once

#include <cstdint>
#include <memory>

#include "base/unique_fd.hpp"
#include "reader/input_file.hpp"
#include "reader/stream/byte_stream.hpp"
#include "reader/stream/stream_watch.hpp"

namespace infer {

/// Opens it at the first read. A pipe is read once somebody writes into it.
class FileStream final : public ByteStream {
 public:
  /// Keeps a reference to `watch`; every read throws StreamStopped once that is stopped.
  FileStream(InputFile file, StreamWatch& watch) : file_(std::move(file)), watch_(watch) {}

  /// A regular file that is not as it was planned to be is a RunError.
  StreamRead read(std::span<std::byte> target) override;
  /// Of a regular file.
  std::uint64_t skip(std::uint64_t most) override;

 private:
  void open();
  bool has_news() const;
  StreamRead read_regular(std::span<std::byte> target);
  std::size_t read_some(std::span<std::byte> target) const;

  InputFile file_;
  StreamWatch& watch_;
  UniqueFd fd_;
  std::uint64_t position_ = 0;
};

}  // namespace infer
