#include "reader/stream/unpacked_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{128} << 10U;

}  // namespace

UnpackedStream::UnpackedStream(std::unique_ptr<ByteStream> packed, std::string path, FrameBegin begin)
    : packed_(std::move(packed)),
      path_(std::move(path)),
      buffer_(kBufferBytes),
      taken_(begin.packed),
      given_(begin.unpacked) {}

/// Reads once behind what is left in the buffer. False when nothing came.
bool UnpackedStream::refill() {
  const auto have = rest_.size();
  if (have > 0) std::memmove(buffer_.data(), rest_.data(), have);
  const auto got = packed_->read(std::span(buffer_).subspan(have));
  rest_ = ByteView(buffer_).first(have + got.bytes);
  taken_ += got.bytes;
  at_end_ = got.at_end;
  return got.bytes > 0 || at_end_;
}

/// False while too little is there to tell.
bool UnpackedStream::is_known() {
  if (packing_) return true;
  while (rest_.size() < kPackingBytes && !at_end_) {
    if (!refill()) return false;
  }
  packing_ = packing_of(rest_);
  if (packing_ == Packing::gzip) unpacker_ = make_gzip_unpacker();
  if (packing_ == Packing::zstandard) unpacker_ = make_zstd_unpacker();
  return true;
}

/// Of what is not packed.
StreamRead UnpackedStream::pass_on(std::span<std::byte> target) {
  if (rest_.empty()) {
    if (at_end_) return {0, true};
    const auto got = packed_->read(target);
    taken_ += got.bytes;
    at_end_ = got.at_end;
    return got;
  }
  const auto size = std::min(rest_.size(), target.size());
  std::memcpy(target.data(), rest_.data(), size);
  rest_ = rest_.subspan(size);
  return {size, false};
}

std::uint64_t UnpackedStream::skip(std::uint64_t most) {
  if (!is_known() || unpacker_) return 0;
  if (rest_.empty()) {
    const auto bytes = at_end_ ? 0 : packed_->skip(most);
    taken_ += bytes;
    return bytes;
  }
  const auto size = std::min<std::uint64_t>(rest_.size(), most);
  rest_ = rest_.subspan(static_cast<std::size_t>(size));
  return size;
}

StreamRead UnpackedStream::read(std::span<std::byte> target) {
  if (!broken_.empty()) refuse(broken_);
  if (!is_known()) return {};
  if (!unpacker_) return pass_on(target);
  for (auto room = target;;) {
    if (!rest_.empty() || may_hold_more_) unpack(room);
    if (room.size() < target.size()) return {target.size() - room.size(), false};
    if (!broken_.empty()) refuse(broken_);
    if (at_end_) break;
    if (!refill()) return {};
  }
  if (unpacker_->may_end()) return {0, true};
  broken_ = "it ends in the middle; the rest is missing";
  refuse(broken_);
}

void UnpackedStream::unpack(std::span<std::byte>& target) {
  const auto size = target.size();
  try {
    unpacker_->unpack(rest_, target);
  } catch (const BrokenPacking& error) {
    broken_ = error.what();
  }
  may_hold_more_ = target.empty();
  given_ += size - target.size();
}

void UnpackedStream::refuse(const std::string& what) const {
  throw RunError("cannot unpack the input " + path_ + " from its byte " + std::to_string(packed_bytes()) +
                 " on (byte " + std::to_string(given_) + " unpacked): " + what +
                 "; all rows of what stands before are kept: put a whole copy of it in its place");
}

}  // namespace infer
