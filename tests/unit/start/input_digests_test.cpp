#include "start/earlier/input_digests.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "reader/chunk_plan.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using infer::test::ScratchFolder;

namespace {

struct CountedNotices final : RunObserver {
  void started(const std::vector<RunHeader>& /*headers*/) override {}
  void progressed(const RunProgress& /*progress*/) override {}
  void finished(const RunSummary& /*summary*/) override {}
  void notice(const std::string& /*text*/) override { ++notices; }
  void warning(int /*rank*/, const std::string& /*text*/) override {}

  int notices = 0;
};

/// By a reader of its own.
InputDigest expected(const std::vector<InputFile>& files, std::uint64_t chunks, std::uint64_t chunk_bytes) {
  const ChunkPlan plan(files, chunk_bytes);
  ChunkReader reader(plan.files(), 1000);
  InputDigest found;
  for (std::uint64_t id = 0; id < chunks; ++id) {
    const auto digest = reader.read({plan.range(id)}).digest;
    found = {digest_with(found.digest, digest), digest.beyond};
  }
  return found;
}

}  // namespace

TEST_CASE("input digests: of so many first chunks as somebody asks for, in any order, from one read") {
  const ScratchFolder folder;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "{\"id\":" + std::to_string(i * i) + "}\n";
  const auto path = folder.write("a.jsonl", text);
  const std::vector<InputFile> files{stat_input(path)};
  RunConfig config;
  config.input.max_record_bytes = 1000;
  const std::vector<Columns> choices{ChosenColumns{{"id"}, {}, {}, {}}, ChosenColumns()};
  CountedNotices observer;
  InputDigests digests(config, files, choices, observer);
  CHECK(observer.notices == 0);
  const auto chunks = ChunkPlan(files, 100).chunks();
  REQUIRE(chunks > 5);
  const auto all = expected(files, chunks, 100);
  const auto some = expected(files, 3, 100);
  CHECK(some.beyond != 0);

  CHECK(digests.of_first(3, 100, choices[0]) == some);
  CHECK(digests.of_first(kAllChunks, 100, choices[1]) == all);
  std::filesystem::remove(path);
  CHECK(digests.of_first(3, 100, choices[1]) == some);
  CHECK(digests.of_first(chunks, 100, choices[0]) == all);
  CHECK(digests.of_first(0, 100, choices[0]) == InputDigest());
  CHECK(observer.notices == 1);

  folder.write("a.jsonl", text);
  InputDigests anew(config, {stat_input(path)}, choices, observer);
  CHECK(anew.of_first(2, 100, choices[0]) == expected({stat_input(path)}, 2, 100));
  CHECK(anew.of_first(2, 150, choices[0]) == expected({stat_input(path)}, 2, 150));
}
