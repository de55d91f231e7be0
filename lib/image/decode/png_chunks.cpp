#include "image/decode/png_chunks.hpp"

#include <zlib.h>

#include <algorithm>
#include <string_view>

namespace infer::detail {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kHeadBytes = 8;  // of a chunk
constexpr std::size_t kCrcBytes = 4;

std::uint32_t number_at(ByteView bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

struct Chunk {
  std::size_t begin = 0;  ///< in the file, of its head
  std::string_view type;
  ByteView content;  ///< as far as it is there
  bool is_whole = false;
  std::size_t end = 0;  ///< behind its checksum
};

/// Nothing at the file's end, or where no chunk can be.
std::optional<Chunk> chunk_at(ByteView file, std::size_t at) {
  if (at > file.size() || file.size() - at < kHeadBytes) return std::nullopt;
  const std::string_view type(reinterpret_cast<const char*>(file.data()) + at + 4, 4);
  const auto may_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!std::ranges::all_of(type, may_name)) return std::nullopt;
  const std::size_t length = number_at(file, at);
  const auto rest = file.subspan(at + kHeadBytes);
  return Chunk{at, type, rest.first(std::min(length, rest.size())), length <= rest.size(),
               at + kHeadBytes + length + kCrcBytes};
}

bool is_depth_of(unsigned depth, unsigned color) {
  switch (color) {
    case 0: return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case 3: return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case 2:
    case 4:
    case 6: return depth == 8 || depth == 16;
    default: return false;
  }
}

std::optional<std::string> take_header(ByteView content, PngChunks& chunks) {
  if (content.size() < 13) return "the PNG's header is too short";
  const auto byte = [&](std::size_t at) { return std::to_integer<unsigned>(content[at]); };
  if (!is_depth_of(byte(8), byte(9)) || byte(11) != 0) {
    return "the PNG's header is broken: color type " + std::to_string(byte(9)) + " with " +
           std::to_string(byte(8)) + " bits, filter method " + std::to_string(byte(11));
  }
  chunks.width = number_at(content, 0);
  chunks.height = number_at(content, 4);
  chunks.depth = byte(8);
  chunks.color = static_cast<PngColor>(byte(9));
  chunks.is_interlaced = byte(12) != 0;
  return std::nullopt;
}

std::optional<std::string> take_palette(ByteView content, PngChunks& chunks) {
  if (chunks.color != PngColor::palette) return std::nullopt;
  if (content.size() > chunks.palette.size()) return "the PNG's palette has more than 256 colors";
  chunks.palette = {};
  std::ranges::copy(content.first(content.size() / 3 * 3), chunks.palette.begin());
  return std::nullopt;
}

/// A file may hold an animation, whose first picture, Pillow's, is made of the same chunks; but of less than
/// the whole picture it cannot be.
std::optional<std::string> check_frame(ByteView content, const PngChunks& chunks) {
  if (content.size() >= 12 && number_at(content, 4) == chunks.width &&
      number_at(content, 8) == chunks.height) {
    return std::nullopt;
  }
  return "the PNG's first frame has not the size of the picture";
}

std::optional<std::string> take_chunk(const Chunk& chunk, PngChunks& chunks) {
  if (chunk.type == "IHDR") return take_header(chunk.content, chunks);
  if (chunk.type == "PLTE") return take_palette(chunk.content, chunks);
  if (chunk.type == "fcTL") return check_frame(chunk.content, chunks);
  chunks.texts.take(chunk.type, chunk.content);
  return std::nullopt;
}

std::string ends_early(ByteView file) {
  return "the PNG ends too early, after " + std::to_string(file.size()) + " bytes";
}

std::optional<std::string> check(ByteView file, const Chunk& chunk) {
  if (chunk.end > file.size()) return ends_early(file);
  const auto* checked = reinterpret_cast<const Bytef*>(chunk.type.data());
  if (crc32_z(0, checked, chunk.content.size() + 4) == number_at(file, chunk.end - kCrcBytes))
    return std::nullopt;
  return "the PNG is broken: the checksum of its chunk " + std::string(chunk.type) + " is wrong";
}

/// What `at` in front of the data shows.
std::string no_picture(ByteView file, std::size_t at) {
  if (file.size() - at < kHeadBytes) return ends_early(file);
  return "the PNG is broken: it has no picture data, and no further chunk at byte " + std::to_string(at);
}

/// Sets `at` behind the data. Checksums do not count here.
void take_data(ByteView file, std::size_t& at, PngChunks& chunks) {
  for (auto chunk = chunk_at(file, at); chunk && chunk->type == "IDAT"; chunk = chunk_at(file, at)) {
    chunks.data.push_back(chunk->content);
    chunks.is_data_cut_off = !chunk->is_whole;
    at = chunk->end;
  }
}

/// Nor here.
std::optional<std::string> take_rest(ByteView file, std::size_t at, PngTexts& texts) {
  for (auto chunk = chunk_at(file, at); chunk && chunk->type != "IEND"; chunk = chunk_at(file, chunk->end)) {
    if (!chunk->is_whole) return ends_early(file);
    if (chunk->type == "fcTL") return std::nullopt;  // the next picture
    texts.take(chunk->type, chunk->content);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> read_png_chunks(ByteView file, PngChunks& chunks) {
  auto at = kSignatureBytes;
  for (;;) {
    const auto chunk = chunk_at(file, at);
    if (!chunk || chunk->type == "IEND") return no_picture(file, at);
    if (chunk->type == "IDAT") break;
    if (auto problem = check(file, *chunk)) return problem;
    if (auto problem = take_chunk(*chunk, chunks)) return problem;
    at = chunk->end;
  }
  if (chunks.depth == 0) return "the PNG has no header";
  take_data(file, at, chunks);
  return take_rest(file, at, chunks.texts);
}

}  // namespace infer::detail
