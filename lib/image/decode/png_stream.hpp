// What libpng reads instead of the file: a header and the picture's data.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "image/decode/png_chunks.hpp"

namespace infer::detail {

/// Leaves out the chunks that libpng would judge in its own way; and values of a palette are as good as grey
/// to it. Checksums of chunks are missing. Keeps views of `chunks`.
class PngStream {
 public:
  explicit PngStream(const PngChunks& chunks);
  PngStream(const PngStream&) = delete;
  PngStream& operator=(const PngStream&) = delete;
  ~PngStream() = default;

  /// Fills `target`, or returns false: there is no more.
  bool read(std::span<std::byte> target);
  /// Nothing of the last chunk of data has been read.
  bool has_last_chunk() const { return part_ + 2 < parts_.size(); }

 private:
  void add_header(const PngChunks& chunks);

  std::array<std::byte, 33> header_{};  ///< with the signature
  std::vector<std::array<std::byte, 12>>
      borders_;                  ///< before each chunk of data: its length and type; 4 bytes behind it
  std::vector<ByteView> parts_;  ///< what is to be read, in order
  std::size_t part_ = 0;         ///< under way
  std::size_t read_ = 0;         ///< of it
};

}  // namespace infer::detail
