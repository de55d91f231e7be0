// The lines of an input, whether it is packed or not: that is told by its first bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "reader/input_file.hpp"
#include "reader/stream/byte_stream.hpp"
#include "reader/stream/packing.hpp"

namespace infer {

class UnpackedStream final : public ByteStream {
 public:
  /// `path` and `begin`, the place in that file at which the bytes begin, are for messages.
  UnpackedStream(std::unique_ptr<ByteStream> packed, std::string path, FrameBegin begin = {});

  /// Throws RunError for damaged data, once what stands before it has been read.
  StreamRead read(std::span<std::byte> target) override;
  /// Of what is not packed.
  std::uint64_t skip(std::uint64_t most) override;

  /// How far it has got in the input as it lies there.
  std::uint64_t packed_bytes() const { return taken_ - rest_.size(); }
  /// Whether bytes behind the end were no part of it, and are ignored.
  bool has_ignored() const { return unpacker_ && unpacker_->has_ignored(); }

 private:
  bool is_known();
  bool refill();
  StreamRead pass_on(std::span<std::byte> target);
  void unpack(std::span<std::byte>& target);
  [[noreturn]] void refuse(const std::string& what) const;

  std::unique_ptr<ByteStream> packed_;
  std::string path_;
  std::optional<Packing> packing_;  // once the first bytes are there
  std::unique_ptr<Unpacker> unpacker_;
  RawBytes buffer_;
  ByteView rest_;               // of the buffer: not taken yet
  std::uint64_t taken_;         // of the input, into the buffer
  std::uint64_t given_;         // unpacked
  bool at_end_ = false;         // of the input
  bool may_hold_more_ = false;  // unpacked already, for want of room
  std::string broken_;          // why nothing more comes
};

}  // namespace infer
