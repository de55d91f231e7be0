#include "image/decode/jpeg.hpp"

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <new>
// After <cstdio>, whose FILE they need.
#include <jerror.h>
#include <jpeglib.h>

#include "image/decode/cmyk.hpp"
#include "image/decode/jpeg_markers.hpp"
#include "image/decode/room.hpp"

namespace infer::detail {
namespace {

/// Of a progressive file: encoders make 10 or so, and a scan of a few bytes can cost a pass over the picture.
constexpr int kMostScans = 100;
constexpr std::size_t kRowsAtOnce = 16;

/// libjpeg leaves its functions with longjmp(): nothing on the way may have a destructor.
struct Errors : jpeg_error_mgr {
  std::jmp_buf escape;
  bool has_too_many_scans;
};

[[noreturn]] void escape(j_common_ptr info) { std::longjmp(static_cast<Errors*>(info->err)->escape, 1); }

void ignore_message(j_common_ptr /*info*/, int /*level*/) {}

void count_scans(j_common_ptr info) {
  auto& errors = *static_cast<Errors*>(info->err);
  errors.has_too_many_scans = reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMostScans;
  if (errors.has_too_many_scans) escape(info);
}

void do_nothing(j_decompress_ptr /*info*/) {}

/// At the file's end libjpeg stops where it is, so that what is cut off is not made up.
boolean has_no_more(j_decompress_ptr /*info*/) { return FALSE; }

void skip(j_decompress_ptr info, long bytes) {
  const auto skipped = std::min(info->src->bytes_in_buffer, static_cast<std::size_t>(std::max(bytes, 0L)));
  info->src->next_input_byte += skipped;
  info->src->bytes_in_buffer -= skipped;
}

/// Thread-compatible. Its functions return false where the file is broken or cut off; problem() says how.
class JpegReader {
 public:
  explicit JpegReader(ByteView file) : file_(file) {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = escape;
    errors_.emit_message = ignore_message;
    errors_.has_too_many_scans = false;
    progress_.progress_monitor = count_scans;
    source_.next_input_byte = reinterpret_cast<const JOCTET*>(file.data());
    source_.bytes_in_buffer = file.size();
    source_.init_source = do_nothing;
    source_.fill_input_buffer = has_no_more;
    source_.skip_input_data = skip;
    source_.resync_to_restart = jpeg_resync_to_restart;
    source_.term_source = do_nothing;
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info_); }

  bool read_header() {
    return runs([this] {
      jpeg_create_decompress(&info_);
      info_.src = &source_;
      info_.progress = &progress_;
      int found = JPEG_HEADER_TABLES_ONLY;
      while (found == JPEG_HEADER_TABLES_ONLY) found = jpeg_read_header(&info_, FALSE);
      return found == JPEG_HEADER_OK;
    });
  }

  std::uint64_t width() const { return info_.image_width; }
  std::uint64_t height() const { return info_.image_height; }

  /// Whether a scan of colors is all that is left, and whole: then reading rows cannot fail.
  bool is_certain() {
    const ByteView rest(reinterpret_cast<const std::byte*>(source_.next_input_byte), source_.bytes_in_buffer);
    return info_.jpeg_color_space == JCS_YCbCr && info_.arith_code == FALSE &&
           jpeg_has_multiple_scans(&info_) == FALSE && is_last_scan(rest);
  }

  /// Behind the header; looks at the tables.
  bool start() {
    info_.out_color_space = is_cmyk() ? JCS_CMYK : JCS_RGB;
    return runs([&] { return jpeg_start_decompress(&info_) != FALSE; });
  }

  bool read_rows(Pixels& pixels) {
    RawBytes inks(is_cmyk() ? width() * 4 * kRowsAtOnce : 0);
    return runs([&] {
      while (info_.output_scanline < info_.output_height) {
        const bool is_read = is_cmyk() ? read_some_inks(pixels, inks.data()) : read_some(pixels);
        if (!is_read) return false;
      }
      jpeg_finish_decompress(&info_);  // what lies behind may still show that the file is broken
      return true;
    });
  }

  std::string problem() const {
    // Arithmetic codes cannot be left in the middle.
    const bool ends_early = !has_failed_ || errors_.msg_code == JERR_CANT_SUSPEND;
    if (ends_early) return "the JPEG ends too early, after " + std::to_string(file_.size()) + " bytes";
    if (errors_.has_too_many_scans) {
      return "the JPEG has more than " + std::to_string(kMostScans) + " scans: save it anew";
    }
    std::array<char, JMSG_LENGTH_MAX> text{};
    auto* info = const_cast<jpeg_decompress_struct*>(&info_);
    errors_.format_message(reinterpret_cast<j_common_ptr>(info), text.data());
    return std::string("the JPEG is broken: ") + text.data();
  }

 private:
  /// What `work` returns, or false when libjpeg gave up.
  template <class Work>
  bool runs(const Work& work) {
    if (setjmp(errors_.escape) == 0) return work();
    has_failed_ = true;
    if (errors_.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
    return false;
  }

  bool is_cmyk() const { return info_.num_components == 4; }
  std::size_t rows_left() const { return info_.output_height - info_.output_scanline; }

  bool read_some(Pixels& pixels) {
    std::array<JSAMPROW, kRowsAtOnce> rows;
    const auto count = std::min(rows.size(), rows_left());
    auto* row = reinterpret_cast<JSAMPROW>(pixels.values.data()) + pixels.row_bytes() * info_.output_scanline;
    for (std::size_t i = 0; i < count; ++i, row += pixels.row_bytes()) rows[i] = row;
    return jpeg_read_scanlines(&info_, rows.data(), static_cast<JDIMENSION>(count)) > 0;
  }

  bool read_some_inks(Pixels& pixels, std::byte* inks) {
    std::array<JSAMPROW, kRowsAtOnce> rows;
    for (std::size_t i = 0; i < rows.size(); ++i)
      rows[i] = reinterpret_cast<JSAMPROW>(inks) + width() * 4 * i;
    auto* target = pixels.values.data() + pixels.row_bytes() * info_.output_scanline;
    const auto count = std::min(rows.size(), rows_left());
    const std::size_t read = jpeg_read_scanlines(&info_, rows.data(), static_cast<JDIMENSION>(count));
    inverted_cmyk_to_rgb(inks, read * width(), target);
    return read > 0;
  }

  ByteView file_;
  Errors errors_{};
  jpeg_progress_mgr progress_{};
  jpeg_source_mgr source_{};
  jpeg_decompress_struct info_{};
  bool has_failed_ = false;
};

}  // namespace

std::optional<std::string> decode_jpeg(ByteView file, const DecodeOptions& options, Pixels& pixels,
                                       Metadata& metadata) {
  if (auto problem = read_jpeg_markers(file, options.orient ? &metadata : nullptr)) return problem;
  JpegReader reader(file);
  if (!reader.read_header()) return reader.problem();
  if (auto problem = make_room(reader.width(), reader.height(), options.max_pixels, pixels)) return problem;
  if (!reader.start()) return reader.problem();
  if (options.device && reader.is_certain() && options.device(file, pixels)) return std::nullopt;
  if (!reader.read_rows(pixels)) return reader.problem();
  return std::nullopt;
}

}  // namespace infer::detail
