#include "reader/frames.hpp"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "reader/input_fd.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kLargestFrame = std::uint64_t{32} << 20U;  ///< unpacked
constexpr std::size_t kMostHeaderBytes = 18;
constexpr std::size_t kMagicBytes = 4;

std::uint64_t little_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

/// The format: RFC 8878, 3.1.
class FrameWalk {
 public:
  FrameWalk(int fd, const InputFile& file) : fd_(fd), file_(file) {}

  /// Empty when one of them says too little, is too large, or does not end.
  std::vector<FrameBegin> walk() {
    std::vector<FrameBegin> frames;
    std::uint64_t unpacked = 0;
    while (place_ < file_.bytes) {
      const auto begin = place_;
      const auto size = pass_frame();
      if (!size) return {};
      if (*size == 0) continue;
      frames.push_back({begin, unpacked});
      unpacked += *size;
    }
    frames.push_back({place_, unpacked});
    return frames;
  }

 private:
  /// At `place_`; fewer where the file ends.
  ByteView look(std::size_t bytes) {
    const auto got = read_fully(fd_, std::span(head_).first(bytes), place_, file_.path);
    return ByteView(head_).first(got);
  }

  /// Bytes that it unpacks to.
  std::optional<std::uint64_t> pass_frame() {
    const auto head = look(kMostHeaderBytes);
    if (head.size() < 2 * kMagicBytes) return std::nullopt;
    constexpr std::uint64_t kSkippable = 0x184D2A50;
    if ((little_endian(head.first(kMagicBytes)) & ~std::uint64_t{0xF}) == kSkippable) {
      place_ += 2 * kMagicBytes + little_endian(head.subspan(kMagicBytes, kMagicBytes));
      return place_ <= file_.bytes ? std::optional<std::uint64_t>(0) : std::nullopt;
    }
    const auto size = ZSTD_getFrameContentSize(head.data(), head.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kLargestFrame)
      return std::nullopt;
    const auto flags = std::to_integer<unsigned>(head[kMagicBytes]);
    place_ += header_bytes(flags);
    constexpr unsigned kHasChecksum = 4;
    constexpr std::uint64_t kChecksumBytes = 4;
    if (!pass_blocks()) return std::nullopt;
    place_ += (flags & kHasChecksum) != 0 ? kChecksumBytes : 0;
    return place_ <= file_.bytes ? std::optional<std::uint64_t>(size) : std::nullopt;
  }

  static std::uint64_t header_bytes(unsigned flags) {
    constexpr std::array<std::uint64_t, 4> kDictionary{0, 1, 2, 4};
    constexpr std::array<std::uint64_t, 4> kSize{0, 2, 4, 8};
    constexpr unsigned kSingle = 0x20;
    const bool single = (flags & kSingle) != 0;
    const auto size = kSize.at(flags >> 6U);
    return kMagicBytes + 1 + (single ? 0 : 1) + kDictionary.at(flags & 3U) + (single && size == 0 ? 1 : size);
  }

  bool pass_blocks() {
    constexpr std::size_t kBlockHeader = 3;
    constexpr std::uint64_t kRepeatedByte = 1;
    for (bool is_last = false; !is_last;) {
      const auto head = look(kBlockHeader);
      if (head.size() < kBlockHeader) return false;
      const auto header = little_endian(head);
      is_last = (header & 1U) != 0;
      place_ += kBlockHeader + (((header >> 1U) & 3U) == kRepeatedByte ? 1 : header >> 3U);
    }
    return true;
  }

  int fd_;
  const InputFile& file_;
  std::uint64_t place_ = 0;
  std::array<std::byte, kMostHeaderBytes> head_{};
};

}  // namespace

void find_frames(InputFile& file) {
  if (file.kind != InputKind::packed || traits(file.format).is_read_through) return;
  const auto fd = open_input(file.path);
  if (!fd) throw RunError(errno_message("cannot open the input " + file.path));
  auto frames = FrameWalk(fd.get(), file).walk();
  constexpr std::size_t kLeast = 3;  // two, and the end
  if (frames.size() < kLeast) return;
  file.kind = InputKind::framed;
  file.frames = std::move(frames);
}

}  // namespace infer
