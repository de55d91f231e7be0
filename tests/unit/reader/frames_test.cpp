#include "reader/frames.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/reader/read_whole.hpp"
#include "unit/reader/select_records.hpp"
#include "unit/reader/stream/packed.hpp"
#include "unit/reader/stream/random_lines.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::kNoLimit;
using infer::test::message_of;
using infer::test::random_lines;
using infer::test::ScratchFolder;
using infer::test::skippable_frame;
using infer::test::zstd;

namespace {

InputFile looked_at(const std::string& path) {
  auto file = stat_input(path);
  find_frames(file);
  return file;
}

/// Cut anywhere, an empty frame and one to pass over now and then.
std::string in_frames(const std::string& content, std::mt19937& random, std::size_t most) {
  std::string packed = skippable_frame("begin");
  for (std::size_t begin = 0; begin < content.size();) {
    const auto size = std::min<std::size_t>(content.size() - begin, 1 + random() % most);
    packed += zstd(std::string_view(content).substr(begin, size));
    if (random() % 5 == 0) packed += zstd("") + skippable_frame("x");
    begin += size;
  }
  return packed;
}

}  // namespace

TEST_CASE("frames: every chunk of them is read by itself, and all are the records of the plain file") {
  const auto seed = GENERATE(range(1U, 21U));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const ScratchFolder folder;
  const bool is_long = seed % 5 == 0;
  const auto content =
      random_lines(random, 2 + random() % (is_long ? 10 : 300), is_long ? 400'000 : 3000) + "{}\n{}\n";
  const auto plain = folder.write("plain", content);
  const std::size_t most = seed % 3 == 0 ? 3000 : content.size() / 2 + 1;
  const auto framed = looked_at(folder.write("framed", in_frames(content, random, most)));
  REQUIRE((framed.kind == InputKind::framed || framed.frames.empty()));
  if (framed.frames.empty()) return;  // one frame only
  REQUIRE(framed.content_bytes() == content.size());
  const std::uint64_t few = content.size() / 2000 + 1;  // each chunk takes its frame apart anew
  for (const std::uint64_t chunk_bytes : {few, std::uint64_t{5000}, std::uint64_t{1} << 20U}) {
    const auto first = folder.write("first", "{0}\n");
    const std::vector<InputFile> files{stat_input(first), framed, stat_input(first)};
    const auto expected = test::read_all({first, plain, first}, chunk_bytes);
    REQUIRE(test::read_files(files, chunk_bytes).records == expected.records);
    const ChunkPlan plan(files, chunk_bytes);
    for (const auto& seen : expected.records) {
      const auto range = plan.range(plan.chunk_of({seen.file, seen.offset, 0, 0}));
      REQUIRE(range.begin <= seen.offset);
      REQUIRE(seen.offset < range.end + 3);  // behind a byte order mark
    }
  }
}

TEST_CASE("frames: one alone, one that does not say its size, and one that is cut off are read as a stream") {
  const ScratchFolder folder;
  const auto two = zstd("abc\n") + zstd("def\n");
  CHECK(looked_at(folder.write("two", two)).kind == InputKind::framed);
  CHECK(looked_at(folder.write("one", zstd("abc\n"))).kind == InputKind::packed);
  CHECK(looked_at(folder.write("cut", two.substr(0, two.size() - 3))).kind == InputKind::packed);
  CHECK(looked_at(folder.write("garbage", two + "signature")).kind == InputKind::packed);
  CHECK(looked_at(folder.write("gzip", test::gzip("abc\n") + test::gzip("def\n"))).kind == InputKind::packed);
  CHECK(looked_at(folder.write("plain", "abc\n")).kind == InputKind::plain);
  auto unsaid = two;
  unsaid[4] = static_cast<char>(unsaid[4] & 0x1f);  // no size, but a window
  CHECK(looked_at(folder.write("unsaid", unsaid)).kind == InputKind::packed);
  const auto large = zstd(std::string((32U << 20U) + 1, 'x'));
  CHECK(looked_at(folder.write("large", large + zstd("abc\n"))).kind == InputKind::packed);
}

TEST_CASE("frames: a damaged one is an error of whoever needs it, by name and place") {
  const ScratchFolder folder;
  std::mt19937 random(8);
  std::string content;
  for (int i = 0; i < 20'000; ++i) content += std::to_string(random()) + '\n';
  const auto frame = zstd(content);
  auto damaged = frame + frame;
  damaged[damaged.size() - 2] = static_cast<char>(~damaged[damaged.size() - 2]);
  const auto file = looked_at(folder.write("a.zst", damaged));
  const ChunkPlan plan({file}, 1);
  REQUIRE(plan.chunks() == 2);
  ChunkReader reader(plan.files(), kNoLimit);
  CHECK(reader.read({plan.range(0)}).lines == 20'001);  // and that which begins where the next frame does
  CHECK_THAT(message_of<RunError>([&] { reader.read({plan.range(1)}); }),
             Contains("cannot unpack the input") && Contains("a.zst"));
}
