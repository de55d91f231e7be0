#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string>

#include "reader/stream/packing.hpp"

namespace infer {
namespace {

struct FreeStream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

/// One frame after the other; those that hold nothing, as seekable files have them, are passed over.
class ZstdUnpacker final : public Unpacker {
 public:
  ZstdUnpacker() : stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
    first_step_ = ZSTD_initDStream(stream_.get());
    next_step_ = first_step_;
  }

  /// A block at a time, once all of the one before is out: where one is damaged the library forgets what the
  /// same call has given before it.
  void unpack(ByteView& packed, std::span<std::byte>& target) override {
    if (packed.empty() && may_end_) return;
    do {
      ZSTD_inBuffer in{packed.data(), was_full_ ? 0 : std::min(packed.size(), next_step_), 0};
      ZSTD_outBuffer out{target.data(), target.size(), 0};
      const auto left = ZSTD_decompressStream(stream_.get(), &out, &in);
      packed = packed.subspan(in.pos);
      target = target.subspan(out.pos);
      if (ZSTD_isError(left) != 0) throw BrokenPacking(explain(left));
      may_end_ = left == 0;
      was_full_ = target.empty() && !may_end_;
      next_step_ = may_end_ ? first_step_ : left;
    } while (!packed.empty() && !target.empty());
  }

  bool may_end() const override { return may_end_; }

 private:
  static std::string explain(std::size_t error) {
    const std::string name = ZSTD_getErrorName(error);
    if (ZSTD_getErrorCode(error) != ZSTD_error_frameParameter_windowTooLarge) return name;
    return name +
           " (it was packed with --long or --ultra; unpack it into a pipe: zstd --long=31 -dc FILE | infer "
           "--input - ...)";
  }

  std::unique_ptr<ZSTD_DStream, FreeStream> stream_;
  std::size_t first_step_ = 0;
  std::size_t next_step_ = 0;  // bytes of the next block, or of what comes before one
  bool may_end_ = false;
  bool was_full_ = false;  // the target, so that more of a block may wait
};

}  // namespace

std::unique_ptr<Unpacker> make_zstd_unpacker() { return std::make_unique<ZstdUnpacker>(); }

}  // namespace infer
