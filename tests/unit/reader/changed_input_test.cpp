#include "reader/chunk_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/reader/read_whole.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

/// A file of an old date that was planned in chunks of 4 bytes, and is then changed.
class ChangingFile {
 public:
  explicit ChangingFile(std::string_view content)
      : path_(folder_.write("a.jsonl", content)),
        plan_({(date(path_, kThen), stat_input(path_))}, 4),
        reader_(plan_.files(), kNoLimit),
        late_reader_(plan_.files(), kNoLimit) {}

  const std::string& path() const { return path_; }
  const ChunkPlan& plan() const { return plan_; }
  ChunkReader& reader() const { return reader_; }
  ChunkReader& late_reader() const { return late_reader_; }

  void overwrite(std::string_view content) const { date(folder_.write("a.jsonl", content), kNow); }
  void replace(std::string_view content) const {
    std::filesystem::rename(folder_.write("new.jsonl", content), path_);
    date(path_, kNow);
  }

 private:
  static constexpr std::time_t kThen = 1'000'000'000;
  static constexpr std::time_t kNow = 2'000'000'000;

  static void date(const std::string& path, std::time_t seconds) {
    const timespec times[2]{{seconds, 0}, {seconds, 0}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  }

  ScratchFolder folder_;
  std::string path_;
  ChunkPlan plan_;
  mutable ChunkReader reader_;
  mutable ChunkReader late_reader_;
};

}  // namespace

TEST_CASE("reader: a file that shrank during the run is a run error that says what it was and is") {
  const ChangingFile file("abc\ndef\n");
  CHECK(file.reader().read({file.plan().range(0)}).records.size() == 1);
  std::filesystem::resize_file(file.path(), 6);
  CHECK_THAT(message_of<RunError>([&] { file.reader().read({file.plan().range(1)}); }),
             Contains(file.path()) && Contains("changed during the run") && Contains("8 bytes") &&
                 Contains("now it has 6 bytes") && Contains("start again"));
}

TEST_CASE("reader: a file that grew during the run is a run error, where it is open and where not") {
  const ChangingFile file("abc\ndef\n");
  CHECK(file.reader().read({file.plan().range(0)}).records.size() == 1);
  file.overwrite("abc\ndef\nghi\n");
  for (auto* reader : {&file.reader(), &file.late_reader()}) {
    CHECK_THAT(message_of<RunError>([&] { reader->read({file.plan().range(1)}); }),
               Contains("had 8 bytes") && Contains("now it has 12 bytes"));
  }
}

TEST_CASE("reader: a file written over with as many bytes is a run error") {
  const ChangingFile file("abc\ndef\n");
  file.reader().read({file.plan().range(0)});
  file.overwrite("123\n456\n");
  CHECK_THAT(message_of<RunError>([&] { file.reader().read({file.plan().range(1)}); }),
             Contains("changed during the run") &&
                 Contains("had 8 bytes, last written 2001-09-09T01:46:40.0") &&
                 Contains("now it has 8 bytes, last written 2033-05-18T03:33:20.0"));
}

TEST_CASE("reader: a replaced file is read on where it is open, and refused where it is not") {
  const ChangingFile file("abc\ndef\n");
  file.reader().read({file.plan().range(0)});
  file.replace("12345\n6\n");
  const auto chunk = file.reader().read({file.plan().range(1)});
  REQUIRE(chunk.records.size() == 1);
  CHECK(chunk.text(chunk.records[0]) == "def");
  CHECK_THROWS_AS(file.late_reader().read({file.plan().range(1)}), RunError);
}

TEST_CASE("reader: a removed file is read on where it is open, and refused where it is not") {
  const ChangingFile file("abc\ndef\n");
  file.reader().read({file.plan().range(0)});
  std::filesystem::remove(file.path());
  CHECK(file.reader().read({file.plan().range(1)}).records.size() == 1);
  CHECK_THAT(message_of<RunError>([&] { file.late_reader().read({file.plan().range(1)}); }),
             Contains("cannot open the input " + file.path() + " any more: No such file or directory") &&
                 Contains("run again"));
}

TEST_CASE("reader: a read error says where, and what the system said") {
  const std::string unmapped = "/proc/self/mem";  // a file whose first bytes cannot be read
  const auto fd = open_input(unmapped);
  REQUIRE(fd);
  std::byte byte{};
  CHECK(message_of<RunError>([&] {
          read_fully(fd.get(), {&byte, 1}, 0, unmapped);
        }) == "cannot read /proc/self/mem at byte 0: Input/output error");
}

TEST_CASE("reader: a change of one file does not spoil the next") {
  const ScratchFolder folder;
  const std::vector paths{folder.write("a.jsonl", "abc\n"), folder.write("b.jsonl", "def\n")};
  const ChunkPlan plan({stat_input(paths[0]), stat_input(paths[1])}, 4);
  ChunkReader reader(plan.files(), kNoLimit);
  std::filesystem::remove(paths[0]);
  CHECK_THROWS_AS(reader.read({plan.range(0)}), RunError);
  CHECK(reader.read({plan.range(1)}).records.size() == 1);
}
