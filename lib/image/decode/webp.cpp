#include "image/decode/webp.hpp"

#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>
#include <new>

#include "image/decode/room.hpp"

namespace infer::detail {
namespace {

struct DeleteDemuxer {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};
using Demuxer = std::unique_ptr<WebPDemuxer, DeleteDemuxer>;

/// Empty without such a chunk.
std::string chunk_of(const WebPDemuxer* demuxer, const char* name) {
  WebPChunkIterator chunk;
  if (WebPDemuxGetChunk(demuxer, name, 1, &chunk) == 0) return {};
  std::string content(reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size);
  WebPDemuxReleaseChunkIterator(&chunk);
  return content;
}

/// Black around the picture, where that is smaller than the canvas of the animation.
VP8StatusCode decode_frame(const WebPIterator& frame, Pixels& pixels) {
  if (frame.width != pixels.size.width || frame.height != pixels.size.height) {
    std::ranges::fill(pixels.values, std::byte{0});
  }
  const auto first = pixels.row_bytes() * static_cast<std::size_t>(frame.y_offset) +
                     3 * static_cast<std::size_t>(frame.x_offset);
  WebPDecoderConfig config;
  WebPInitDecoderConfig(&config);
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = reinterpret_cast<std::uint8_t*>(pixels.values.data()) + first;
  config.output.u.RGBA.stride = static_cast<int>(pixels.row_bytes());
  config.output.u.RGBA.size = pixels.values.size() - first;
  return WebPDecode(frame.fragment.bytes, frame.fragment.size, &config);
}

}  // namespace

std::optional<std::string> decode_webp(ByteView file, const DecodeOptions& options, Pixels& pixels,
                                       Metadata& metadata) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
  const Demuxer demuxer(WebPDemux(&data));
  if (!demuxer)
    return "the WebP is broken or ends too early, after " + std::to_string(file.size()) + " bytes";
  const auto width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  const auto height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  if (auto problem = make_room(width, height, options.max_pixels, pixels)) return problem;
  if (options.orient) {
    metadata = {chunk_of(demuxer.get(), "EXIF"), chunk_of(demuxer.get(), "XMP ")};
  }
  WebPIterator frame;
  if (WebPDemuxGetFrame(demuxer.get(), 1, &frame) == 0) return "the WebP has no picture";
  const auto status = decode_frame(frame, pixels);
  WebPDemuxReleaseIterator(&frame);
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  if (status != VP8_STATUS_OK) return "the WebP is broken: its picture cannot be decoded";
  return std::nullopt;
}

}  // namespace infer::detail
