#include "reader/stream/stream_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <thread>

#include "base/error.hpp"
#include "base/file_io.hpp"
#include "reader/chunk_plan.hpp"
#include "reader/chunk_size.hpp"
#include "reader/sample.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/reader/read_whole.hpp"
#include "unit/reader/stream/packed.hpp"
#include "unit/reader/stream/random_lines.hpp"
#include "unit/reader/tar/made_tar.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::gzip;
using infer::test::kNoLimit;
using infer::test::message_of;
using infer::test::ScratchFolder;
using infer::test::tar_end;
using infer::test::tar_member;
using infer::test::Whole;
using infer::test::zstd;

namespace {

constexpr Seconds kSoon{20};

StreamConfig config_of(const std::vector<std::string>& paths, std::optional<std::uint64_t> chunk_bytes) {
  StreamConfig config;
  for (const auto& path : paths) config.files.push_back(stat_input(path));
  config.chunk_bytes = chunk_bytes;
  config.max_record_bytes = kNoLimit;
  return config;
}

void begin(StreamSource& source, const Scored& scored = {}, const std::vector<Scored>& ahead = {}) {
  REQUIRE(source.wait_for_records(kSoon));
  source.go_on_behind(scored, ahead);
  REQUIRE(source.wait_until_behind(kSoon));
}

/// Waits for it; false at the end. Throws what the source is broken by.
bool has_chunk(StreamSource& source, std::uint64_t id) {
  for (const Deadline deadline(kSoon); !deadline.passed();) {
    const auto supply = source.supply();
    if (id < supply.ready) return true;
    if (supply.chunks) return false;
    source.rethrow_if_broken(id);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw std::runtime_error("no chunk came in time");
}

struct Read {
  Whole whole;
  std::vector<ChunkDigest> digests;
  std::vector<std::uint64_t> bytes;  // up to the end of each chunk
};

Read read_stream(StreamSource& source, std::uint64_t first = 0) {
  ChunkReader reader(source.files(), kNoLimit);
  Read all;
  all.whole.lines.resize(source.files().size());
  for (auto id = first; has_chunk(source, id); ++id) {
    const auto chunk = reader.read(source.grant(id));
    auto& lines = all.whole.lines[chunk.range.file];
    for (const auto& record : chunk.records)
      all.whole.records.push_back(
          {record.file, lines + record.line + 1, record.offset, std::string(chunk.text(record))});
    lines += chunk.lines;
    all.digests.push_back(chunk.digest);
    all.bytes.push_back((all.bytes.empty() ? 0 : all.bytes.back()) + chunk.range.end - chunk.range.begin);
  }
  return all;
}

/// Mixed, with one that has no record and one that is empty.
class Inputs {
 public:
  explicit Inputs(unsigned seed) {
    std::mt19937 random(seed);
    const std::vector<std::string> contents{"\n\n", test::random_lines(random, 300, 4000), "",
                                            test::random_lines(random, 200, 50'000),
                                            test::random_lines(random, 100, 100)};
    for (std::size_t i = 0; i < contents.size(); ++i) {
      const auto name = std::to_string(i);
      plain_.push_back(folder_.write(name + ".jsonl", contents[i]));
      packed_.push_back(folder_.write(name, i == 4       ? contents[i]
                                            : i % 2 == 0 ? gzip(contents[i])
                                                         : zstd(contents[i])));
    }
  }
  const std::vector<std::string>& plain() const { return plain_; }
  const std::vector<std::string>& packed() const { return packed_; }

 private:
  ScratchFolder folder_;
  std::vector<std::string> plain_;
  std::vector<std::string> packed_;
};

}  // namespace

TEST_CASE("stream source: packed files give the records of plain ones, with their lines and places") {
  const auto seed = GENERATE(range(1U, 6U));
  INFO("seed " << seed);
  const Inputs inputs(seed);
  for (const std::uint64_t chunk_bytes : {100U, 5000U, 1U << 20U}) {
    StreamSource source(config_of(inputs.packed(), chunk_bytes));
    begin(source);
    const auto expected = test::read_all(inputs.plain(), chunk_bytes);
    const auto read = read_stream(source);
    REQUIRE(read.whole.records == expected.records);
    CHECK(source.chunk_bytes() == chunk_bytes);
    CHECK(source.input_bytes_before(read.digests.size(), 0) == source.input_bytes());
  }
}

TEST_CASE("stream source: goes on behind any chunk, if what stands before is the same") {
  const Inputs inputs(9);
  StreamSource first(config_of(inputs.packed(), 2000));
  begin(first);
  const auto all = read_stream(first);
  for (std::size_t done = 0; done < all.bytes.size(); done += 5) {
    // A stream may be cut otherwise the next time.
    StreamSource source(config_of(inputs.packed(), 3000));
    begin(source, {done + 1, all.bytes[done], all.digests[done].range, false});
    const auto rest = read_stream(source, done + 1);
    const auto records = rest.whole.records.size();
    REQUIRE(records <= all.whole.records.size());
    for (std::size_t i = 0; i < records; ++i) {
      const auto& expected = all.whole.records[all.whole.records.size() - records + i];
      REQUIRE(rest.whole.records[i].text == expected.text);
      REQUIRE(rest.whole.records[i].offset == expected.offset);
    }
    if (!rest.digests.empty()) REQUIRE(rest.digests.back() == all.digests.back());
  }
}

TEST_CASE("stream source: refuses to go on where the input is another one, shorter, or longer than it was") {
  const ScratchFolder folder;
  const auto path = folder.write("a.jsonl.gz", gzip("{1}\n{2}\n"));
  const auto refused = [&](const Scored& scored) {
    StreamSource source(config_of({path}, 4));
    REQUIRE(source.wait_for_records(kSoon));
    source.go_on_behind(scored, {});
    return message_of<UsageError>([&] { source.wait_until_behind(kSoon); });
  };
  CHECK_THAT(refused({1, 4, 77, false}),
             Contains("the first 4 bytes of it (unpacked) differ") && Contains("--overwrite"));
  CHECK_THAT(refused({9, 100, 77, false}),
             Contains("ends after 8 bytes (unpacked), of which 100 were scored"));
  StreamSource source(config_of({path}, 4));
  begin(source);
  const auto digest = read_stream(source).digests.front().range;
  CHECK_THAT(refused({1, 4, digest, true}), Contains("more follows"));
}

TEST_CASE("stream source: what others have scored beyond the place where it goes on is compared on the way") {
  const Inputs inputs(7);
  StreamSource first(config_of(inputs.packed(), 2000));
  begin(first);
  const auto all = read_stream(first);
  const auto chunks = all.bytes.size();
  REQUIRE(chunks > 8);
  const auto after = [&](std::size_t done, bool is_all = false) {
    return Scored{done, all.bytes[done - 1], all.digests[done - 1].range, is_all};
  };
  StreamSource same(config_of(inputs.packed(), 2000));
  begin(same, after(2), {after(chunks, true), after(2), after(5)});
  CHECK(read_stream(same, 2).digests.size() == chunks - 2);

  /// What is read before it is refused, and why it is.
  const auto refused = [&](const Scored& ahead) {
    StreamSource source(config_of(inputs.packed(), 2000));
    begin(source, after(2), {after(4), ahead});
    std::uint64_t id = 2;
    const auto text = message_of<RunError>([&] {
      for (; has_chunk(source, id); ++id) source.grant(id);
    });
    return std::pair(id, text);
  };
  auto other = after(6);
  other.digest ^= 1U;
  CHECK(refused(other).first == 6);  // of the seventh nobody gets anything
  CHECK_THAT(refused(other).second,
             Contains("bytes of it (unpacked) differ") && Contains("a run of its own"));
  auto in_fewer = after(6);
  --in_fewer.chunks;
  CHECK(refused(in_fewer).first == 5);
  CHECK_THAT(refused(in_fewer).second, Contains("were cut into fewer chunks"));
  CHECK_THAT(refused(after(5, true)).second, Contains("more follows what was scored"));
  CHECK_THAT(refused({chunks + 1, all.bytes.back() + 10, 0, false}).second, Contains("it ends after"));
}

TEST_CASE("stream source: what is complete is compared by its bytes, however it was cut") {
  const Inputs inputs(7);
  StreamSource first(config_of(inputs.packed(), 500));
  begin(first);
  const auto all = read_stream(first);
  const auto chunks = all.bytes.size();
  const Scored complete{chunks, all.bytes.back(), all.digests.back().range, true};
  const Scored some{3, all.bytes[2], all.digests[2].range, false};

  /// How many chunks of another size are read before they are refused, and why they are.
  const auto refused = [&](const Scored& scored) {
    StreamSource source(config_of(inputs.packed(), 20'000));
    begin(source, some, {scored});
    std::uint64_t id = 3;
    const auto text = message_of<RunError>([&] {
      for (; has_chunk(source, id); ++id) source.grant(id);
    });
    return std::pair(id - 3, text);
  };
  const auto [read, why] = refused(complete);
  CHECK(why == "(nothing was thrown)");
  CHECK(read > 1);
  CHECK(read + 3 < chunks);
  auto other = complete;
  other.digest ^= 1U;
  CHECK(refused(other).first == read);
  CHECK_THAT(refused(other).second, Contains("bytes of it (unpacked) differ"));
  other = {10, all.bytes[9], all.digests[9].range, true};
  CHECK_THAT(refused(other).second, Contains("more follows what was scored"));
  other = {chunks, all.bytes.back() + 1, 0, true};
  CHECK_THAT(refused(other).second, Contains("it ends after"));
}

TEST_CASE("stream source: behind what was cut more often then, chunks have the numbers that they had") {
  const Inputs inputs(8);
  StreamSource first(config_of(inputs.packed(), 500));
  begin(first);
  const auto all = read_stream(first);
  REQUIRE(all.bytes.size() > 30);
  const auto after = [&](std::size_t done) {
    return Scored{done, all.bytes[done - 1], all.digests[done - 1].range, false};
  };
  StreamSource source(config_of(inputs.packed(), 20'000));
  begin(source, after(3), {after(20), after(30)});
  ChunkReader reader(source.files(), kNoLimit);
  std::vector<std::size_t> records_before(31, 0);
  std::size_t records = 0;
  for (std::uint64_t id = 3; has_chunk(source, id); ++id) {
    if (id < records_before.size()) records_before[id] = records;
    records += reader.read(source.grant(id)).records.size();
  }
  StreamSource alone(config_of(inputs.packed(), 20'000));
  begin(alone, after(3));
  const auto expected = read_stream(alone, 3).whole.records.size();
  CHECK(records == expected);
  for (const std::size_t done : {20U, 30U}) {
    StreamSource rest(config_of(inputs.packed(), 20'000));
    begin(rest, after(done));
    CHECK(records_before[done] == expected - read_stream(rest, done).whole.records.size());
  }
}

TEST_CASE(
    "stream source: the first records are granted all the same, and size the chunks as a plain file's") {
  const ScratchFolder folder;
  std::string content;
  for (int i = 0; i < 2000; ++i) content += "{\"id\":" + std::to_string(i) + "}\n";
  const auto plain = stat_input(folder.write("a.jsonl", content));
  StreamSource source(config_of({folder.write("a.jsonl.zst", zstd(content))}, std::nullopt));
  begin(source);
  CHECK(source.first_records(kNoLimit).records.size() == 2000);
  CHECK(source.first_records(kNoLimit).range.end == content.size());
  CHECK(source.chunk_bytes() == choose_chunk_bytes({plain}, 1024));
  CHECK(read_stream(source).whole.records.size() == 2000);
}

TEST_CASE("stream source: the samples of a tar and of a packed one, with what was left out of both") {
  const ScratchFolder folder;
  const auto sample = [](int number) {
    return tar_member(std::to_string(number) + ".png", std::string(3000, 'p')) +
           tar_member(std::to_string(number) + ".cls", "7") + tar_member("more.npy", "");
  };
  const auto path = folder.write("a", sample(1) + sample(2) + tar_end());
  const auto packed = folder.write("b.tar.gz", gzip(sample(3) + tar_end()));
  StreamConfig config;
  for (const auto& each : {path, packed}) config.files.push_back(stat_input(each, std::nullopt));
  CHECK(config.files[0].kind == InputKind::tar);
  CHECK(config.files[1].kind == InputKind::packed);
  CHECK(is_stream(config.files));
  config.max_record_bytes = kNoLimit;
  config.chunk_rows = 1;
  StreamSource source(config);
  begin(source);
  const auto read = read_stream(source);
  REQUIRE(read.whole.records.size() == 6);
  CHECK(read.whole.records[2].text ==
        "{\"id\":\"2\",\"image\":{\"path\":\"" + path + "\",\"offset\":5632,\"size\":3000},\"cls\":7}");
  CHECK(read.whole.records[1].text == "{\"id\":\"more\"}");
  CHECK_THAT(read.whole.records[4].text, Contains("{\"id\":\"3\",\"image\":{\"bytes\":\"cHBw"));
  CHECK(read.digests.size() > 4);
  CHECK_THAT(source.take_warning(), Contains("members of tars that are left out: 3 that are no picture"));
  CHECK(source.input_bytes_before(read.digests.size(), 0) == source.input_bytes());
}

TEST_CASE("stream source: a tar that changes while it is read ends the run") {
  const ScratchFolder folder;
  std::string members;
  for (int i = 0; i < 30'000; ++i) members += tar_member(std::to_string(i) + ".jpg", "p");
  const auto path = folder.write("a.tar", members + tar_end());
  auto config = StreamConfig{{stat_input(path, std::nullopt)}, 1000};
  config.max_record_bytes = kNoLimit;
  config.bytes_ahead = 1000;
  StreamSource source(config);
  begin(source);
  CHECK(source.first_records(kNoLimit).records.size() < 1000);
  CHECK(source.first_records(kNoLimit).range.end >= kSampleBytes);  // which says that there are more
  folder.write("a.tar", members + tar_member("more.jpg", "p") + tar_end());
  CHECK_THAT(message_of<RunError>([&] { read_stream(source); }), Contains("a.tar changed during the run"));
}

TEST_CASE("stream source: of a damaged file all whole lines are granted before it says why it ends") {
  const ScratchFolder folder;
  std::string content;
  for (int i = 0; i < 50'000; ++i) content += std::to_string(i * 7919) + '\n';
  const auto packed = gzip(content);
  StreamSource source(config_of({folder.write("a.gz", packed.substr(0, packed.size() / 2))}, 1000));
  begin(source);
  std::uint64_t records = 0;
  ChunkReader reader({}, kNoLimit);
  std::uint64_t id = 0;
  const auto error = message_of<RunError>([&] {
    for (; has_chunk(source, id); ++id) {
      const auto chunk = reader.read(source.grant(id));
      for (const auto& record : chunk.records)
        REQUIRE(chunk.text(record) == std::to_string(7919 * records++));
    }
  });
  CHECK_THAT(error, Contains("a.gz from its byte " + std::to_string(packed.size() / 2)) &&
                        Contains("ends in the middle"));
  CHECK(records > 20'000);
  CHECK_NOTHROW(source.rethrow_if_broken(id - 1));
}

TEST_CASE("stream source: a pipe is read as it comes, from when somebody writes, and ended at any time") {
  const ScratchFolder folder;
  const auto path = folder.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  StreamSource source(config_of({path}, 1 << 20U));
  CHECK_FALSE(source.wait_for_records(Seconds(0.1)));
  const UniqueFd writer(::open(path.c_str(), O_WRONLY));
  REQUIRE(write_all(writer.get(), "{1}\n{2"));
  begin(source);
  CHECK(source.first_records(kNoLimit).records.size() == 1);
  CHECK_FALSE(source.input_bytes());
  REQUIRE(has_chunk(source, 0));
  CHECK(source.grant(0).payload->size() == 4);
  CHECK(source.supply().ready == 1);
  REQUIRE(write_all(writer.get(), "}\n"));
  REQUIRE(has_chunk(source, 1));
  CHECK(source.place(1) == path + " from byte 4");
  CHECK_FALSE(source.supply().chunks);
}
