#include "writer/parts/part_names.hpp"

#include <catch2/catch.hpp>

#include "unit/base/scratch_folder.hpp"
#include "writer/parts/manifest.hpp"

using namespace infer;
using infer::test::ScratchFolder;

TEST_CASE("part names: they sort as the parts do, up to 100000") {
  const PartNames names{"out", "part-", ".csv.gz"};
  CHECK(names.file(0) == "part-00000.csv.gz");
  CHECK(names.file(99'999) == "part-99999.csv.gz");
  CHECK(names.file(123'456) == "part-123456.csv.gz");
  CHECK(names.path(42) == "out/part-00042.csv.gz");
}

TEST_CASE("part names: only what is called like a part is one") {
  const ScratchFolder folder;
  for (const char* name :
       {"part-00001.jsonl", "part-00000.jsonl.partial", "part-b00000.jsonl", "part-1.jsonl", "part-00002",
        "part-0000x.jsonl", "apart-00000.jsonl", "manifest.json"})
    folder.write(name, "x");
  CHECK(part_files(folder.path("."), kPartStem) ==
        std::vector<std::string>{"part-00000.jsonl.partial", "part-00001.jsonl"});
  CHECK(part_files(folder.path("."), kOtherPartStem) == std::vector<std::string>{"part-b00000.jsonl"});
  CHECK(part_files(folder.path("none"), kPartStem).empty());
  remove_files(folder.path("."), {"part-00001.jsonl"});
  CHECK_FALSE(folder.has("part-00001.jsonl"));
}

TEST_CASE("part names: what replaces a finished folder's parts is called otherwise") {
  ManifestPart part;
  const auto manifest_of = [&](const std::string& file) {
    part.file = file;
    part.from.file = R"("part":"part-0)";  // of an input of such a name
    return manifest_begin({"1", "jsonl", 0, {}}) + manifest_line(part, true) + manifest_end({});
  };
  CHECK(free_part_stem("") == kPartStem);
  CHECK(free_part_stem(manifest_of("part-00000.jsonl")) == kOtherPartStem);
  CHECK(free_part_stem(manifest_of("part-b00000.jsonl")) == kPartStem);
  CHECK(free_part_stem("damaged") == kOtherPartStem);
}
