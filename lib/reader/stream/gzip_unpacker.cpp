#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "reader/stream/packing.hpp"

namespace infer {
namespace {

constexpr std::array<Bytef, 2> kMagic{0x1f, 0x8b};

/// One member after the other. What follows them is treated as gzip does: zeros are padding, anything else is
/// left alone.
class GzipUnpacker final : public Unpacker {
 public:
  GzipUnpacker() {
    constexpr int kWithGzipHeader = 16;
    if (inflateInit2(&stream_, MAX_WBITS + kWithGzipHeader) != Z_OK) throw std::bad_alloc();
  }
  ~GzipUnpacker() override { inflateEnd(&stream_); }
  GzipUnpacker(const GzipUnpacker&) = delete;
  GzipUnpacker& operator=(const GzipUnpacker&) = delete;

  void unpack(ByteView& packed, std::span<std::byte>& target) override {
    do {
      if (place_ == Place::member) {
        inflate_some(packed, target);
      } else {
        pass_between(packed);
      }
    } while (!packed.empty() && !target.empty());
  }

  bool may_end() const override { return place_ != Place::member && magic_bytes_ != 1; }
  bool has_ignored() const override { return place_ == Place::garbage; }

 private:
  enum class Place { member, between, garbage };

  void inflate_some(ByteView& packed, std::span<std::byte>& target) {
    const auto size = std::min<std::size_t>(target.size(), std::numeric_limits<uInt>::max());
    stream_.next_out = reinterpret_cast<Bytef*>(target.data());
    stream_.avail_out = static_cast<uInt>(size);
    const auto result = give(packed);
    target = target.subspan(size - stream_.avail_out);
    if (result == Z_STREAM_END) {
      place_ = Place::between;
      magic_bytes_ = 0;
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      throw BrokenPacking(stream_.msg != nullptr ? stream_.msg : "no valid gzip data");
    }
  }

  int give(ByteView& packed) {
    const auto size = std::min<std::size_t>(packed.size(), std::numeric_limits<uInt>::max());
    stream_.next_in =
        const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));  // zlib only reads it
    stream_.avail_in = static_cast<uInt>(size);
    const auto result = ::inflate(&stream_, Z_NO_FLUSH);
    packed = packed.subspan(size - stream_.avail_in);
    return result;
  }

  void pass_between(ByteView& packed) {
    while (place_ == Place::between && !packed.empty()) {
      const auto next = std::to_integer<Bytef>(packed.front());
      packed = packed.subspan(1);
      if (next == kMagic.at(magic_bytes_)) {
        if (++magic_bytes_ == kMagic.size()) begin_member();
      } else if (next != 0 || magic_bytes_ > 0) {
        place_ = Place::garbage;
        magic_bytes_ = 0;
      }
    }
    if (place_ == Place::garbage) packed = {};
  }

  void begin_member() {
    inflateReset(&stream_);
    ByteView magic = std::as_bytes(std::span(kMagic));
    give(magic);
    place_ = Place::member;
  }

  z_stream stream_{};
  Place place_ = Place::member;
  std::size_t magic_bytes_ = 0;  // of another member, seen behind one
};

}  // namespace

std::unique_ptr<Unpacker> make_gzip_unpacker() { return std::make_unique<GzipUnpacker>(); }

}  // namespace infer
