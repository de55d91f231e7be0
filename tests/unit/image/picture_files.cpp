#include "unit/image/picture_files.hpp"

#include <webp/encode.h>
#include <zlib.h>

#include <cstdio>
#include <numeric>
// After <cstdio>, whose FILE it needs.
#include <jpeglib.h>

namespace infer::test {
namespace {

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes));
  return text;
}

/// A scan for each coefficient of a grey picture; of two that bring a bit each when there are 127.
std::vector<jpeg_scan_info> scan_each_alone(int scans) {
  const int low = scans > 64 ? 1 : 0;
  std::vector<jpeg_scan_info> script{{1, {0}, 0, 0, 0, 0}};
  for (int i = 1; i < 64; ++i) script.push_back({1, {0}, i, i, 0, low});
  for (int i = 1; i < 64 && low > 0; ++i) script.push_back({1, {0}, i, i, 1, 0});
  return script;
}

/// One or four values a pixel, as they go into the file.
std::vector<std::uint8_t> values_for(const RawPicture& picture, const JpegKind& kind) {
  if (!kind.is_cmyk && kind.progressive_scans == 0) return picture.values;
  std::vector<std::uint8_t> values;
  for (std::size_t i = 0; i < picture.values.size(); i += 3) {
    if (kind.is_cmyk)
      values.insert(values.end(), picture.values.begin() + static_cast<long>(i),
                    picture.values.begin() + static_cast<long>(i) + 3);
    values.push_back(kind.is_cmyk ? 255 : picture.values[i]);
  }
  return values;
}

}  // namespace

RawPicture numbered(int width, int height) {
  RawPicture picture{width, height, {}};
  picture.values.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  std::iota(picture.values.begin(), picture.values.end(), std::uint8_t{1});
  return picture;
}

std::string as_jpeg(const RawPicture& picture, const JpegKind& kind) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(picture.width);
  info.image_height = static_cast<JDIMENSION>(picture.height);
  info.input_components = kind.is_cmyk ? 4 : kind.progressive_scans > 0 ? 1 : 3;
  info.in_color_space = kind.is_cmyk ? JCS_CMYK : kind.progressive_scans > 0 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  info.arith_code = kind.is_arithmetic ? TRUE : FALSE;
  for (int i = 0; i < info.num_components; ++i) {
    info.comp_info[i].h_samp_factor = info.comp_info[i].v_samp_factor = 1;
  }
  const auto script = scan_each_alone(kind.progressive_scans);
  if (kind.progressive_scans > 0) {
    info.scan_info = script.data();
    info.num_scans = static_cast<int>(script.size());
  }
  jpeg_start_compress(&info, TRUE);
  auto values = values_for(picture, kind);
  const auto row_bytes = static_cast<std::size_t>(picture.width * info.input_components);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = values.data() + row_bytes * info.next_scanline;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  std::string file(reinterpret_cast<const char*>(bytes), size);
  jpeg_destroy_compress(&info);
  std::free(bytes);
  return file;
}

std::string png_chunk(std::string_view type, std::string_view content) {
  const auto checked = std::string(type) + std::string(content);
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size());
  return big_endian(content.size(), 4) + checked + big_endian(crc, 4);
}

std::string as_png(const RawPicture& picture, std::string_view before, std::string_view behind) {
  std::string rows;
  const auto row_bytes = static_cast<std::size_t>(picture.width) * 3;
  for (std::size_t at = 0; at < picture.values.size(); at += row_bytes) {
    rows += '\0';  // no filter
    rows.append(reinterpret_cast<const char*>(picture.values.data()) + at, row_bytes);
  }
  std::string packed(compressBound(rows.size()), '\0');
  auto size = static_cast<uLongf>(packed.size());
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()),
           rows.size());
  packed.resize(size);
  const auto sizes = big_endian(static_cast<std::uint64_t>(picture.width), 4) +
                     big_endian(static_cast<std::uint64_t>(picture.height), 4);
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", sizes + std::string("\x08\x02\0\0\0", 5)) +
         std::string(before) + png_chunk("IDAT", packed) + std::string(behind) + png_chunk("IEND", "");
}

std::string as_webp(const RawPicture& picture) {
  std::uint8_t* bytes = nullptr;
  const auto size =
      WebPEncodeLosslessRGB(picture.values.data(), picture.width, picture.height, picture.width * 3, &bytes);
  std::string file(reinterpret_cast<const char*>(bytes), size);
  WebPFree(bytes);
  return file;
}

std::string exif(int orientation, bool is_big) {
  const std::string little("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0O\0\0\0\0\0\0\0", 26);
  const std::string big("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0O\0\0\0\0\0\0", 26);
  auto text = is_big ? big : little;
  text[text.find('O')] = static_cast<char>(orientation);
  return text;
}

}  // namespace infer::test
