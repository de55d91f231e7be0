// What gzip and zstd would write.
#pragma once

#include <zlib.h>
#include <zstd.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace infer::test {

/// One member.
inline std::string gzip(std::string_view content) {
  z_stream stream{};
  constexpr int kWithGzipHeader = 16;
  constexpr int kMemoryLevel = 8;
  if (deflateInit2(&stream, 1, Z_DEFLATED, MAX_WBITS + kWithGzipHeader, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    throw std::runtime_error("deflateInit2");
  std::string packed(deflateBound(&stream, content.size()), '\0');
  std::string copy(content);
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const auto result = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("deflate");
  return packed;
}

/// One frame, with the content's size and checksum.
inline std::string zstd(std::string_view content) {
  auto* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string packed(ZSTD_compressBound(content.size()), '\0');
  const auto size = ZSTD_compress2(context, packed.data(), packed.size(), content.data(), content.size());
  ZSTD_freeCCtx(context);
  if (ZSTD_isError(size) != 0) throw std::runtime_error("ZSTD_compress2");
  packed.resize(size);
  return packed;
}

/// A frame that unpackers pass over.
inline std::string skippable_frame(const std::string& content) {
  const auto size = static_cast<unsigned char>(content.size());
  return std::string("\x5e\x2a\x4d\x18", 4) + static_cast<char>(size) + std::string(3, '\0') + content;
}

}  // namespace infer::test
