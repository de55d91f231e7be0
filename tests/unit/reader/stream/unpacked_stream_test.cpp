#include "reader/stream/unpacked_stream.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "reader/stream/file_stream.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/reader/stream/given_stream.hpp"
#include "unit/reader/stream/packed.hpp"
#include "unit/reader/stream/random_lines.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::GivenStream;
using infer::test::gzip;
using infer::test::random_lines;
using infer::test::ScratchFolder;
using infer::test::skippable_frame;
using infer::test::zstd;

namespace {

struct Unpacked {
  std::string text;
  std::string error;
  bool has_ignored = false;
};

Unpacked unpacked(const std::string& packed, std::mt19937& random, bool pauses = false) {
  UnpackedStream stream(std::make_unique<GivenStream>(packed, random, pauses), "a.jsonl");
  Unpacked result;
  try {
    for (bool ended = false; !ended;) {
      std::string piece(1 + random() % (random() % 2 == 0 ? 50 : 100'000), '\0');
      const auto got = stream.read(std::as_writable_bytes(std::span(piece)));
      result.text += piece.substr(0, got.bytes);
      ended = got.at_end;
    }
    CHECK(stream.packed_bytes() == packed.size());
  } catch (const RunError& error) {
    result.error = error.what();
    CHECK(infer::test::message_of<RunError>([&] {
            std::byte one{};
            stream.read({&one, 1});
          }) == result.error);
  }
  result.has_ignored = stream.has_ignored();
  return result;
}

/// Of `content` cut anywhere, each piece packed by itself.
template <class Pack>
std::string pack_pieces(const std::string& content, std::mt19937& random, Pack pack) {
  std::string packed;
  for (std::size_t begin = 0; begin < content.size();) {
    const auto size = std::min<std::size_t>(content.size() - begin, 1 + random() % (content.size() / 2 + 1));
    packed += pack(std::string_view(content).substr(begin, size));
    begin += size;
    if (random() % 4 == 0) packed += pack(std::string_view());
  }
  return packed;
}

}  // namespace

TEST_CASE("unpacked stream: members and frames that are cut anywhere give the same bytes") {
  const auto seed = GENERATE(range(1U, 31U));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto content = "x" + random_lines(random, random() % 400, 20'000);
  const bool pauses = seed % 2 == 0;
  for (const auto& packed :
       {content, pack_pieces(content, random, gzip), pack_pieces(content, random, zstd),
        gzip(content) + "\0\0\0\0",
        skippable_frame("index") + pack_pieces(content, random, zstd) + skippable_frame("table")}) {
    const auto result = unpacked(packed, random, pauses);
    REQUIRE(result.error.empty());
    REQUIRE(result.text == content);
    REQUIRE_FALSE(result.has_ignored);
  }
}

TEST_CASE("unpacked stream: what is not packed can be left out unread, and counts") {
  const ScratchFolder folder;
  const auto content = std::string(200'000, 'a') + std::string(100, 'b');
  StreamWatch watch;
  for (const bool is_packed : {false, true}) {
    const auto file = stat_input(folder.write("a", is_packed ? gzip(content) : content));
    UnpackedStream stream(std::make_unique<FileStream>(file, watch), "a");
    std::uint64_t skipped = 0;
    for (std::uint64_t more = 1; more > 0 && skipped < 200'010; skipped += more)
      more = stream.skip(200'010 - skipped);
    CHECK(skipped == (is_packed ? 0 : 200'010));
    if (is_packed) continue;
    CHECK(stream.packed_bytes() == 200'010);
    std::string rest(1000, '\0');
    CHECK(stream.read(std::as_writable_bytes(std::span(rest))).bytes == 90);
    CHECK(rest.substr(0, 90) == std::string(90, 'b'));
    CHECK(stream.skip(1) == 0);
  }
}

TEST_CASE("unpacked stream: nothing, and what is shorter than any mark, is not packed") {
  std::mt19937 random(3);
  for (const std::string content : {"", "{", "\x1f", "\x28\xb5\x2f"})
    CHECK(unpacked(content, random).text == content);
}

TEST_CASE("unpacked stream: behind gzip's members zeros are padding, anything else is ignored and told") {
  std::mt19937 random(4);
  CHECK_FALSE(unpacked(gzip("abc\n") + std::string(1000, '\0'), random).has_ignored);
  CHECK(unpacked(gzip("abc\n") + std::string(3, '\0') + gzip("def\n"), random).text == "abc\ndef\n");
  const auto garbage = unpacked(gzip("abc\n") + std::string(3, '\0') + "signature", random);
  CHECK(garbage.text == "abc\n");
  CHECK(garbage.error.empty());
  CHECK(garbage.has_ignored);
  CHECK_THAT(unpacked(zstd("abc\n") + "signature", random).error,
             Contains("cannot unpack the input a.jsonl"));
}

TEST_CASE("unpacked stream: of what is cut off or damaged all comes that stands before, then the reason") {
  std::mt19937 random(6);
  std::string content;
  for (int i = 0; i < 60'000; ++i) content += std::to_string(random()) + '\n';
  for (const auto& packed : {gzip(content), zstd(content)}) {
    const auto cut = unpacked(packed.substr(0, packed.size() / 2), random);
    CHECK_THAT(cut.error, Contains("ends in the middle") &&
                              Contains("a.jsonl from its byte " + std::to_string(packed.size() / 2)));
    CHECK(content.starts_with(cut.text));
    CHECK(cut.text.size() > content.size() * 4 / 10);
    const auto sum = unpacked(packed.substr(0, packed.size() - 1), random);
    CHECK((sum.text == content));
    CHECK_THAT(sum.error, Contains("ends in the middle"));
    auto wrong = packed;
    wrong[packed.size() - (packed[0] == '\x1f' ? 6 : 2)] ^= 1;  // a checksum
    CHECK((unpacked(wrong, random).text == content));
    CHECK_THAT(unpacked(wrong, random).error, Contains("check"));
    for (std::size_t place = 2; place < packed.size(); place += packed.size() / 30) {
      auto damaged = packed;
      damaged[place] = static_cast<char>(~damaged[place]);
      const auto result = unpacked(damaged, random);
      if (packing_of(as_byte_view(damaged)) == Packing::none) continue;
      INFO("byte " << place);
      if (place > 10) CHECK_FALSE(result.error.empty());  // a header says what nobody checks
      if (place > packed.size() / 2) CHECK(result.text.size() > content.size() / 4);
    }
  }
}
