#include "encoder/output_packing.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>

#include "base/error.hpp"

namespace infer {
namespace {

// lib/decisions/writer.md has the measurements.
constexpr int kGzipLevel = 1;
constexpr int kZstdLevel = 1;

constexpr int kGzipFormat = 16 + MAX_WBITS;  // with gzip's header, in which no time and no name stand
constexpr int kMemoryLevel = 8;              // zlib's default
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30U;

Bytef* bytes_of(const char* text) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text));  // zlib only reads it
}

struct EndDeflate {
  void operator()(z_stream* stream) const { ::deflateEnd(stream); }
};

std::string gzip(std::string_view text) {
  z_stream stream{};
  if (::deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipFormat, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  const std::unique_ptr<z_stream, EndDeflate> end(&stream);
  std::string packed(::deflateBound(&stream, text.size()), '\0');
  std::size_t made = 0;
  for (int result = Z_OK; result != Z_STREAM_END;) {
    const auto piece = text.substr(0, kMostAtOnce);
    stream.next_in = bytes_of(text.data());
    stream.avail_in = static_cast<uInt>(piece.size());
    stream.next_out = bytes_of(packed.data() + made);
    const auto room = std::min(packed.size() - made, kMostAtOnce);
    stream.avail_out = static_cast<uInt>(room);
    result = ::deflate(&stream, piece.size() == text.size() ? Z_FINISH : Z_NO_FLUSH);
    INFER_ASSERT(result == Z_OK || result == Z_STREAM_END);
    text.remove_prefix(piece.size() - stream.avail_in);
    made += room - stream.avail_out;
  }
  packed.resize(made);
  packed.shrink_to_fit();  // it may wait for its turn to be written
  return packed;
}

struct EndInflate {
  void operator()(z_stream* stream) const { ::inflateEnd(stream); }
};

constexpr std::size_t kUnpackedBytes = std::size_t{1} << 16U;  ///< room at first

std::optional<UnpackedPiece> gunzip(std::string_view bytes) {
  z_stream stream{};
  if (::inflateInit2(&stream, kGzipFormat) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, EndInflate> end(&stream);
  UnpackedPiece piece;
  std::size_t made = 0;
  for (int result = Z_OK; result != Z_STREAM_END;) {
    const auto some = bytes.substr(piece.bytes, kMostAtOnce);
    if (some.empty()) return std::nullopt;
    if (made == piece.text.size()) piece.text.resize(std::max(2 * made, kUnpackedBytes));
    stream.next_in = bytes_of(some.data());
    stream.avail_in = static_cast<uInt>(some.size());
    stream.next_out = reinterpret_cast<Bytef*>(piece.text.data() + made);
    const auto room = std::min(piece.text.size() - made, kMostAtOnce);
    stream.avail_out = static_cast<uInt>(room);
    result = ::inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
      throw RunError("what is said to be packed by gzip is damaged, or is something else");
    piece.bytes += some.size() - stream.avail_in;
    made += room - stream.avail_out;
  }
  piece.text.resize(made);
  return piece;
}

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ::ZSTD_freeDCtx(context); }
};

std::string zstd(std::string_view text) {
  const std::unique_ptr<ZSTD_CCtx, FreeContext> context(::ZSTD_createCCtx());
  if (!context) throw std::bad_alloc();
  ::ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kZstdLevel);
  ::ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string packed(::ZSTD_compressBound(text.size()), '\0');
  const auto size = ::ZSTD_compress2(context.get(), packed.data(), packed.size(), text.data(), text.size());
  INFER_ASSERT(::ZSTD_isError(size) == 0);
  packed.resize(size);
  packed.shrink_to_fit();
  return packed;
}

std::optional<UnpackedPiece> unzstd(std::string_view bytes) {
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(::ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  UnpackedPiece piece;
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  for (std::size_t made = 0;;) {
    if (made == piece.text.size()) piece.text.resize(std::max(2 * made, kUnpackedBytes));
    ZSTD_outBuffer out{piece.text.data(), piece.text.size(), made};
    const auto left = ::ZSTD_decompressStream(context.get(), &out, &in);
    if (::ZSTD_isError(left) != 0)
      throw RunError("what is said to be packed by zstd is damaged, or is something else");
    made = out.pos;
    if (left == 0) {
      piece.text.resize(made);
      piece.bytes = in.pos;
      return piece;
    }
    if (in.pos == in.size && made < piece.text.size()) return std::nullopt;
  }
}

std::string zlib_name() { return std::string("zlib ") + ::zlibVersion(); }
std::string zstd_name() { return std::string("libzstd ") + ::ZSTD_versionString(); }

}  // namespace

std::span<const OutputPacking> output_packings() {
  static constexpr std::array kPackings{OutputPacking{".gz", "gzip", gzip, gunzip, zlib_name},
                                        OutputPacking{".zst", "zstd", zstd, unzstd, zstd_name}};
  return kPackings;
}

const OutputPacking* output_packing(std::string_view path) {
  const auto all = output_packings();
  const auto found =
      std::ranges::find_if(all, [&](const OutputPacking& each) { return path.ends_with(each.ending); });
  return found == all.end() ? nullptr : &*found;
}

std::string_view without_packing(std::string_view path) {
  if (const auto* packing = output_packing(path)) path.remove_suffix(packing->ending.size());
  return path;
}

}  // namespace infer
