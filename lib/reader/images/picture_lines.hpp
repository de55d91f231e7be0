// Image files as JSON lines that name them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "reader/input_file.hpp"
#include "reader/stream/byte_stream.hpp"
#include "reader/stream/stream_watch.hpp"

namespace infer {

/// {"id":"photos/a.jpg","image":"photos/a.jpg"} and a line's end. A name that is no UTF-8 stays as it is, so
/// that its row is an error.
void append_picture_line(std::string& out, const std::string& path);

/// In their order.
class PictureLines final : public ByteStream {
 public:
  /// Of an input of that kind, on rank 0. Keeps a reference to `watch`; every read throws StreamStopped once
  /// that is stopped.
  PictureLines(const InputFile& file, StreamWatch& watch) : listing_(file.pictures), watch_(watch) {}

  StreamRead read(std::span<std::byte> target) override;

 private:
  std::shared_ptr<const PictureListing> listing_;
  StreamWatch& watch_;
  std::size_t next_ = 0;  // of its paths
  std::string lines_;
  std::size_t given_ = 0;  // of these
};

}  // namespace infer
