#include "start/parts/earlier_parts.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

namespace {

/// A folder in which an earlier run has finished two parts of three, and a checkpoint that says so.
class Base {
 public:
  Base() {
    output_.dir = folder_.path("out");
    make_parts_folder(output_.dir);
    output_.path = manifest_path(output_.dir);
    names_.folder = output_.dir;
    auto text = manifest_begin({"1", "jsonl", 0, {}});
    for (std::uint64_t number = 0; number < 2; ++number) {
      ManifestPart part{names_.file(number), 5, 1, 5, number * 5, {"a", 0}, {"a", 9}, 3 + number, 7};
      text += manifest_line(part, number == 0);
      write(part.file, std::string(part.bytes, 'x'));
    }
    from_.chunks = 4;
    from_.rows = 10;
    from_.failed = 2;
    from_.files = {{0, text.size(), 0}};
    write("manifest.json.partial", text + ",\n{\"part\":\"part-000");
  }

  void write(const std::string& name, const std::string& content) const {
    folder_.write("out/" + name, content);
  }
  bool has(const std::string& name) const { return folder_.has("out/" + name); }
  ManifestSum keep(const Checkpoint& from) const { return keep_parts(output_, names_, from).sum; }
  const OutputOptions& output() const { return output_; }
  const Checkpoint& from() const { return from_; }

 private:
  ScratchFolder folder_;
  OutputOptions output_;
  PartNames names_;
  Checkpoint from_;
};

}  // namespace

TEST_CASE("earlier parts: those that the manifest tells of stay, all others of their names go") {
  const Base base;
  for (const char* name : {"part-00002.jsonl", "part-00003.jsonl.partial", "part-00001.csv"})
    base.write(name, "x");
  for (const char* name : {"part-b00000.jsonl", "notes.txt"}) base.write(name, "x");
  CHECK(base.keep(base.from()) == ManifestSum{10, 2, 10, 7});
  for (const char* name : {"part-00000.jsonl", "part-00001.jsonl", "part-b00000.jsonl", "notes.txt"})
    CHECK(base.has(name));
  for (const char* name : {"part-00002.jsonl", "part-00003.jsonl.partial", "part-00001.csv"})
    CHECK_FALSE(base.has(name));
  CHECK(base.keep({}) == ManifestSum{});
  CHECK_FALSE(base.has("part-00000.jsonl"));
}

TEST_CASE("earlier parts: one that is gone or has another size, and a damaged manifest, are refused") {
  const Base base;
  base.write("part-00001.jsonl", "longer than it was");
  CHECK_THAT(message_of<UsageError>([&] { base.keep(base.from()); }),
             Contains("part-00001.jsonl was finished with 4 bytes, and has 18") && Contains("--overwrite"));
  std::filesystem::remove(base.output().dir + "/part-00001.jsonl");
  CHECK_THAT(message_of<UsageError>([&] { base.keep(base.from()); }), Contains("cannot be found"));
  auto other = base.from();
  other.rows = 11;
  CHECK_THAT(message_of<UsageError>([&] { base.keep(other); }), Contains("is damaged"));
  base.write("manifest.json.partial", "{");
  CHECK_THAT(message_of<UsageError>([&] { base.keep(base.from()); }), Contains("is damaged"));
}

TEST_CASE("earlier parts: those of which nothing tells are somebody's") {
  const Base base;
  FoundOutput found;
  CHECK_THAT(message_of<UsageError>([&] { check_parts_are_known(base.output(), found); }),
             Contains("part-00000.jsonl, of which no manifest tells"));
  auto overwriting = base.output();
  overwriting.start.overwrite = true;
  CHECK_NOTHROW(check_parts_are_known(overwriting, found));
  found.unfinished.run.emplace();
  CHECK_NOTHROW(check_parts_are_known(base.output(), found));
}

TEST_CASE("earlier parts: a folder is made, but not the one above it, nor in the place of a file") {
  const ScratchFolder folder;
  make_parts_folder(folder.path("new"));
  CHECK(std::filesystem::is_directory(folder.path("new")));
  CHECK_NOTHROW(make_parts_folder(folder.path("new")));
  CHECK_THAT(message_of<UsageError>([&] { make_parts_folder(folder.path("no/such")); }),
             Contains("make the one above it first"));
  CHECK_THAT(message_of<UsageError>([&] { make_parts_folder(folder.write("file", "x")); }),
             Contains("is no folder"));
}
