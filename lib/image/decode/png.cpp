#include "image/decode/png.hpp"

#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <new>
#include <string_view>

#include "image/decode/png_chunks.hpp"
#include "image/decode/png_rows.hpp"
#include "image/decode/png_stream.hpp"
#include "image/decode/room.hpp"

namespace infer::detail {
namespace {

constexpr int kPasses = 7;  // of an interlaced picture

/// Raw rows. Thread-compatible. Its functions return false where the file is broken or cut off; problem()
/// says how. libpng leaves its functions with longjmp(): nothing on the way may have a destructor.
class PngReader {
 public:
  explicit PngReader(const PngChunks& chunks) : height_(chunks.height), stream_(chunks) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, give_up, ignore);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) png_destroy_read_struct(&png_, nullptr, nullptr);
    if (info_ == nullptr) throw std::bad_alloc();
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  bool start() {
    return runs([this] {
      png_set_option(png_, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);  // some files state too small a one
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
      // Of the data the checksum inside counts, Adler's.
      png_set_crc_action(png_, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
      png_set_benign_errors(png_, 1);
      png_set_read_fn(png_, this, read_stream);
      png_read_info(png_, info_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
  }

  bool read_row(std::byte* row) {
    const bool is_read = runs([&] { png_read_row(png_, reinterpret_cast<png_bytep>(row), nullptr); });
    return is_read || png_get_current_row_number(png_) == height_;
  }

  bool read_interlaced(std::byte* rows, std::size_t row_bytes) {
    const bool is_read = runs([&] {
      for (int pass = 0; pass < kPasses; ++pass) {
        for (std::size_t y = 0; y < height_; ++y) {
          png_read_row(png_, reinterpret_cast<png_bytep>(rows + y * row_bytes), nullptr);
        }
      }
    });
    return is_read || png_get_current_pass_number(png_) == kPasses;
  }

  /// With all rows read: whole chunks of data may follow, as Pillow has it, but none that is cut off.
  bool check_rest(const PngChunks& chunks) {
    ends_early_ = chunks.is_data_cut_off && stream_.has_last_chunk();
    return !ends_early_;
  }

  std::string problem(ByteView file) const {
    if (ends_early_) return "the PNG ends too early, after " + std::to_string(file.size()) + " bytes";
    return std::string("the PNG is broken: ") + message_.data();
  }

 private:
  [[noreturn]] static void give_up(png_structp png, png_const_charp message) {
    auto& reader = *static_cast<PngReader*>(png_get_error_ptr(png));
    const auto text = std::string_view(message).substr(0, reader.message_.size() - 1);
    *std::ranges::copy(text, reader.message_.begin()).out = '\0';
    std::longjmp(reader.escape_, 1);
  }

  static void ignore(png_structp /*png*/, png_const_charp /*message*/) {}

  /// Behind the last row libpng looks for the stream's end: of that no more is read.
  static void read_stream(png_structp png, png_bytep target, std::size_t size) {
    auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
    const bool has_all =
        png_get_current_row_number(png) == reader.height_ || png_get_current_pass_number(png) == kPasses;
    if (!has_all && reader.stream_.read({reinterpret_cast<std::byte*>(target), size})) return;
    reader.ends_early_ = true;
    png_error(png, "no more data");
  }

  /// False when libpng gave up.
  template <class Work>
  bool runs(const Work& work) {
    if (setjmp(escape_) == 0) {
      work();
      return true;
    }
    if (std::string_view(message_.data()) == "Out of memory") throw std::bad_alloc();
    return false;
  }

  std::size_t height_;
  PngStream stream_;
  std::array<char, 100> message_{};
  bool ends_early_ = false;
  std::jmp_buf escape_{};
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

bool read_by_row(PngReader& reader, const PngChunks& chunks, const PngRows& rows, Pixels& pixels) {
  RawBytes raw(rows.is_rgb() ? 0 : chunks.raw_row_bytes());
  auto* target = pixels.values.data();
  for (std::size_t y = 0; y < chunks.height; ++y, target += pixels.row_bytes()) {
    if (!reader.read_row(rows.is_rgb() ? target : raw.data())) return false;
    if (!rows.is_rgb()) rows.convert(raw.data(), target);
  }
  return true;
}

bool read_whole(PngReader& reader, const PngChunks& chunks, const PngRows& rows, Pixels& pixels) {
  if (rows.is_rgb()) return reader.read_interlaced(pixels.values.data(), pixels.row_bytes());
  const auto row_bytes = chunks.raw_row_bytes();
  RawBytes raw(row_bytes * chunks.height, std::byte{0});  // parts of bytes are added to what is there
  if (!reader.read_interlaced(raw.data(), row_bytes)) return false;
  for (std::size_t y = 0; y < chunks.height; ++y) {
    rows.convert(raw.data() + y * row_bytes, pixels.values.data() + y * pixels.row_bytes());
  }
  return true;
}

}  // namespace

std::optional<std::string> decode_png(ByteView file, const DecodeOptions& options, Pixels& pixels,
                                      Metadata& metadata) {
  PngChunks chunks;
  if (auto problem = read_png_chunks(file, chunks)) return problem;
  if (auto problem = make_room(chunks.width, chunks.height, options.max_pixels, pixels)) return problem;
  const PngRows rows(chunks);
  PngReader reader(chunks);
  const auto read = chunks.is_interlaced ? read_whole : read_by_row;
  const bool is_read = reader.start() && read(reader, chunks, rows, pixels) && reader.check_rest(chunks);
  if (!is_read) return reader.problem(file);
  if (options.orient) metadata = chunks.texts.metadata();
  return std::nullopt;
}

}  // namespace infer::detail
