#include "model_file/zip/inflate.hpp"

#include <zlib.h>

#include <limits>

namespace infer::detail {
namespace {

/// Gives the stream's memory back.
class Inflater {
 public:
  Inflater() : ready_(inflateInit2(&stream_, kRawDeflate) == Z_OK) {}
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }

  /// Whether all of `packed` is one stream that fills `text`.
  bool run(std::string_view packed, std::string& text) {
    if (!ready_) return false;
    stream_.next_in =
        const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(packed.size());
    stream_.next_out = reinterpret_cast<Bytef*>(text.data());
    stream_.avail_out = static_cast<uInt>(text.size());
    return ::inflate(&stream_, Z_FINISH) == Z_STREAM_END && stream_.avail_out == 0;
  }

 private:
  static constexpr int kRawDeflate = -MAX_WBITS;  // as in zip files: without zlib's header

  z_stream stream_{};
  bool ready_;
};

}  // namespace

std::optional<std::string> inflate(std::string_view packed, std::size_t bytes) {
  constexpr auto kMost = std::numeric_limits<uInt>::max();
  if (packed.size() > kMost || bytes > kMost) return std::nullopt;
  std::string text(bytes, '\0');
  if (!Inflater().run(packed, text)) return std::nullopt;
  return text;
}

}  // namespace infer::detail
