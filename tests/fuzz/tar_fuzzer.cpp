// Any bytes as a tar: whole lines of JSON or a RunError, the same ones in whatever pieces they come, with and
// without what is skipped; and the members of a walk lie in the tar, one behind the other.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "fuzz/require.hpp"
#include "json/json_check.hpp"
#include "reader/tar/tar_lines.hpp"

namespace infer {
namespace {

constexpr std::size_t kLongest = std::size_t{1} << 16U;
constexpr std::size_t kChecksumAt = 148;

/// Makes a block's checksum right: no input would guess it.
void put_checksum(std::string& block) {
  block.replace(kChecksumAt, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  for (std::size_t digit = 0; digit < 6; ++digit)
    block[kChecksumAt + 5 - digit] = static_cast<char>('0' + (sum >> (3 * digit) & 7U));
  block[kChecksumAt + 6] = '\0';
}

/// Headers with fields that the input chooses, and what it says behind them; now and then anything.
std::string make_tar(FuzzedDataProvider& given) {
  std::string tar;
  while (given.remaining_bytes() > 0 && tar.size() < kLongest) {
    std::string block(kTarBlockBytes, '\0');
    const auto name = given.ConsumeRandomLengthString(120);
    const auto size = given.ConsumeRandomLengthString(12);
    const auto content = given.ConsumeRandomLengthString(600);
    block.replace(0, std::min<std::size_t>(name.size(), 100), name, 0, 100);
    const auto octal = [&] {
      std::string text(11, '0');
      for (std::size_t i = 0, left = content.size(); i < text.size(); ++i, left /= 8)
        text[text.size() - 1 - i] = static_cast<char>('0' + left % 8);
      return text;
    }();
    const auto& field = given.ConsumeBool() ? octal : size;
    block.replace(124, field.size(), field);
    block[156] = given.ConsumeIntegralInRange<char>('/', 'y');
    if (given.ConsumeBool()) block.replace(257, 6, std::string("ustar\0", 6));
    if (given.ConsumeBool()) block.replace(345, std::min<std::size_t>(name.size(), 155), name, 0, 155);
    put_checksum(block);
    tar += given.ConsumeIntegralInRange(0, 20) == 0 ? std::string(kTarBlockBytes, '\0') : block;
    tar += content;
    tar.resize((tar.size() + kTarBlockBytes - 1) / kTarBlockBytes * kTarBlockBytes, '\0');
  }
  if (given.ConsumeBool()) tar.resize(tar.size() + kTarBlockBytes, '\0');
  return tar;
}

class Pieces final : public ByteStream {
 public:
  Pieces(const std::string& content, std::size_t piece, bool skips)
      : content_(content), piece_(std::max(piece, content.size() / 64)), skips_(skips) {}

  StreamRead read(std::span<std::byte> target) override {
    if (!skips_ && ++reads_ % 3 == 0) return {};
    const auto size = std::min({piece_, target.size(), content_.size() - at_});
    std::copy_n(as_byte_view(content_).begin() + static_cast<std::ptrdiff_t>(at_), size, target.begin());
    at_ += size;
    return {size, at_ == content_.size()};
  }

  std::uint64_t skip(std::uint64_t most) override {
    if (!skips_) return 0;
    const auto size = std::min<std::uint64_t>(most, content_.size() - at_);
    at_ += static_cast<std::size_t>(size);
    return size;
  }

 private:
  const std::string& content_;
  std::size_t piece_;
  bool skips_;
  std::size_t at_ = 0;
  unsigned reads_ = 0;
};

struct Lines {
  std::string text;
  std::string broken;

  bool operator==(const Lines&) const = default;
};

Lines lines_of(const std::string& tar, std::size_t piece, bool skips, bool in_place, std::size_t limit) {
  Pieces bytes(tar, piece, skips);
  TarLines lines(bytes, "a.tar", in_place, limit);
  Lines found;
  std::string target(1000, '\0');
  try {
    for (bool at_end = false; !at_end;) {
      const auto got = lines.read(std::as_writable_bytes(std::span(target)));
      found.text += target.substr(0, got.bytes);
      at_end = got.at_end;
    }
  } catch (const RunError& error) {
    found.broken = error.what();
  }
  return found;
}

/// But for bytes that are no UTF-8.
void check_lines(const std::string& text) {
  JsonCheck check;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    INFER_FUZZ_REQUIRE(end != std::string::npos);
    auto line = text.substr(begin, end - begin);
    std::ranges::replace_if(
        line, [](char c) { return static_cast<unsigned char>(c) > 0x7e; }, '?');
    INFER_FUZZ_REQUIRE(line.starts_with("{\"id\":\"") && check.accepts(line));
    begin = end + 1;
  }
}

void check_walk(const std::string& tar) {
  Pieces bytes(tar, 100, true);
  TarWalk walk(bytes, "a.tar");
  std::uint64_t behind = 0;
  try {
    while (walk.next() == TarWalk::Step::member) {
      const auto& member = walk.member();
      INFER_FUZZ_REQUIRE(member.offset >= behind + kTarBlockBytes && member.offset % kTarBlockBytes == 0);
      behind = member.offset;
      if (!member.header.is_file()) continue;
      std::string content;
      walk.take(content, static_cast<std::size_t>(std::min<std::uint64_t>(member.header.size, kLongest)));
      INFER_FUZZ_REQUIRE(content == tar.substr(member.offset, content.size()));
      behind += content.size() / kTarBlockBytes * kTarBlockBytes;
    }
  } catch (const RunError&) {
  }
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infer;
  FuzzedDataProvider given(data, size);
  const bool is_made = given.ConsumeBool();
  const bool in_place = given.ConsumeBool();
  const auto piece = given.ConsumeIntegralInRange<std::size_t>(1, 2000);
  const auto limit = given.ConsumeBool() ? kLongest : given.ConsumeIntegralInRange<std::size_t>(1, 1000);
  const auto tar = is_made ? make_tar(given) : given.ConsumeRemainingBytesAsString();
  const auto whole = lines_of(tar, tar.size() + 1, true, in_place, limit);
  check_lines(whole.text);
  INFER_FUZZ_REQUIRE(lines_of(tar, piece, true, in_place, limit) == whole);
  INFER_FUZZ_REQUIRE(lines_of(tar, piece, false, in_place, limit) == whole);
  check_walk(tar);
  return 0;
}
