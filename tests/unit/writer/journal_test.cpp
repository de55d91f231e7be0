#include "writer/journal/journal.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/error.hpp"
#include "unit/base/child_process.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/writer/journal_parts.hpp"

using namespace infer;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using infer::test::ChildProcess;
using infer::test::message_of;
using infer::test::point_of;
using infer::test::run_of;
using infer::test::ScratchFolder;

namespace {

std::size_t lines_of(const ScratchFolder& folder) {
  const auto text = folder.read("journal");
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("journal: one that was not there has nothing, and is gone again when nothing comes") {
  const ScratchFolder folder;
  {
    const Journal journal(folder.path("journal"));
    CHECK(folder.has("journal"));
    CHECK_FALSE(journal.found().run.has_value());
    CHECK_FALSE(journal.found().owner.has_value());
    CHECK(journal.found().checkpoints.empty());
    CHECK(journal.path() == folder.path("journal"));
  }
  CHECK_FALSE(folder.has("journal"));
}

TEST_CASE("journal: without a checkpoint it is removed, also after begin") {
  const ScratchFolder folder;
  { Journal(folder.path("journal")).begin(run_of(), {}); }
  CHECK_FALSE(folder.has("journal"));
  CHECK_FALSE(folder.has("journal.new"));
}

TEST_CASE("journal: when there are rows it stays, though without a checkpoint") {
  const ScratchFolder folder;
  {
    Journal journal(folder.path("journal"));
    journal.begin(run_of(), {});
    journal.keep();
  }
  const Journal next(folder.path("journal"));
  CHECK(next.found().run.has_value());
  CHECK(next.found().checkpoints.empty());
}

TEST_CASE("journal: with a checkpoint it stays, says what was begun and that its owner has left") {
  const ScratchFolder folder;
  {
    Journal journal(folder.path("journal"));
    journal.begin(run_of(), {});
    journal.add(point_of(1, 0, "a"));
    journal.add(point_of(2, 1, "b"));
  }
  const Journal next(folder.path("journal"));
  REQUIRE(next.found().run.has_value());
  CHECK(next.found().run->facts == run_of().facts);
  CHECK(next.found().checkpoints == std::vector{point_of(1, 0, "a"), point_of(2, 1, "b")});
  REQUIRE(next.found().owner.has_value());
  CHECK(next.found().owner->has_left);
  CHECK(next.found().owner->pid == ::getpid());
}

TEST_CASE("journal: one that was only looked at stays as it was") {
  const ScratchFolder folder;
  {
    Journal journal(folder.path("journal"));
    journal.begin(run_of(), {});
    journal.add(point_of(1, 0, "a"));
  }
  { const Journal looked(folder.path("journal")); }
  const Journal next(folder.path("journal"));
  CHECK(next.found().checkpoints == std::vector{point_of(1, 0, "a")});
  CHECK(next.found().run.has_value());
}

TEST_CASE("journal: begin forgets all but the kept checkpoints, and keeps those though none is added") {
  const ScratchFolder folder;
  {
    Journal journal(folder.path("journal"));
    journal.begin(run_of(), {});
    for (std::uint64_t i = 1; i <= 5; ++i) journal.add(point_of(i, i, "a"));
  }
  { Journal(folder.path("journal")).begin(run_of({{"--top-k", "9", true}}), {point_of(3, 3, "a")}); }
  const Journal next(folder.path("journal"));
  CHECK(next.found().checkpoints == std::vector{point_of(3, 3, "a")});
  CHECK(next.found().run->facts.at(0).value == "9");
}

TEST_CASE("journal: after many checkpoints it is written anew with the last two, and grows no further") {
  const ScratchFolder folder;
  constexpr std::uint64_t kMany = 1500;
  std::size_t most = 0;
  {
    Journal journal(folder.path("journal"));
    journal.begin(run_of(), {});
    for (std::uint64_t i = 1; i <= kMany; ++i) {
      journal.add(point_of(i, i, "a"));
      if (i % 50 == 0 || i == 1001) most = std::max(most, lines_of(folder));
      if (i == 1001) CHECK(lines_of(folder) == 4);  // owner, run and two checkpoints
    }
    CHECK_FALSE(folder.has("journal.new"));
    // The lock went over to the new file.
    ChildProcess rival([path = folder.path("journal")] {
      const Journal second(path);
      return 0;
    });
    CHECK_THAT(rival.read_all(), Contains("is being written by"));
    CHECK(rival.wait().code == 99);
  }
  CHECK(most <= 1003);
  const Journal next(folder.path("journal"));
  CHECK(next.found().checkpoints.back() == point_of(kMany, kMany, "a"));
  CHECK(next.found().run.has_value());
}

TEST_CASE("journal: remove leaves nothing") {
  const ScratchFolder folder;
  {
    Journal journal(folder.path("journal"));
    journal.begin(run_of(), {});
    journal.add(point_of(1, 0, "a"));
    journal.remove();
    CHECK_FALSE(folder.has("journal"));
    const Journal next(folder.path("journal"));
    CHECK(next.found().checkpoints.empty());
  }
  CHECK_FALSE(folder.has("journal"));
}

TEST_CASE("journal: nobody else's file is taken for one, and it stays as it is") {
  const ScratchFolder folder;
  const auto is_refused = [&](const std::string& what) {
    CHECK_THAT(message_of<UsageError>([&] { Journal(folder.path("journal")); }),
               Contains(folder.path("journal")) && Contains(what) && Contains("move it away"));
  };
  for (const std::string content : {"Dear diary", "{\"check\":1}\n", "{\"a\":1}\n{\"b\":2}\n"}) {
    folder.write("journal", content);
    is_refused("was not made by infer");
    CHECK(folder.read("journal") == content);
  }
  std::filesystem::remove(folder.path("journal"));
  folder.write("target", journal_line(run_of()));
  std::filesystem::create_symlink(folder.path("target"), folder.path("journal"));
  is_refused("is a link");
  CHECK(folder.read("target") == journal_line(run_of()));
  std::filesystem::remove(folder.path("journal"));
  std::filesystem::create_directory(folder.path("journal"));
  is_refused("is no regular file");
}

TEST_CASE("journal: a name for writing it anew that is taken by something else is left alone") {
  const ScratchFolder folder;
  folder.write("target", "precious");
  std::filesystem::create_symlink(folder.path("target"), folder.path("journal.new"));
  Journal journal(folder.path("journal"));
  CHECK_THAT(message_of<UsageError>([&] { journal.begin(run_of(), {}); }), Contains("journal.new"));
  CHECK(folder.read("target") == "precious");
  std::filesystem::remove(folder.path("journal.new"));
  folder.write("journal.new", journal_line(run_of()).substr(0, 30));  // as a crash leaves it
  journal.begin(run_of(), {});
  CHECK_FALSE(folder.has("journal.new"));
}

TEST_CASE("journal: at the end it becomes what says of what the output was made") {
  const ScratchFolder folder;
  auto last = point_of(2, 1, "b");
  last.complete = true;
  {
    Journal journal(folder.path("journal"));
    journal.begin(run_of(), {});
    journal.add(point_of(1, 0, "a"));
    journal.add(last);
    journal.finish(folder.path("run"));
    CHECK_FALSE(folder.has("journal"));
  }
  CHECK_FALSE(folder.has("journal"));
  const auto record = parse_journal(folder.read("run"));
  CHECK(record.run->facts == run_of().facts);
  CHECK(record.checkpoints == std::vector{last});
}

TEST_CASE("journal: damage at its end is cut away, so that what is added can be read") {
  const ScratchFolder folder;
  {
    Journal journal(folder.path("journal"));
    journal.begin(run_of(), {});
    journal.add(point_of(1, 0, "a"));
  }
  folder.write("journal", folder.read("journal") + "{\"check\":\"0000");
  { const Journal looked(folder.path("journal")); }
  const Journal next(folder.path("journal"));
  CHECK(next.found().checkpoints.size() == 1);
  CHECK(next.found().owner.has_value());
  CHECK(next.found().valid_bytes + journal_line(*next.found().owner).size() <= folder.read("journal").size());
  CHECK_THAT(folder.read("journal"), !Contains("\"check\":\"0000{"));
}

TEST_CASE("journal: a folder that is not there or may not be written is a usage error") {
  CHECK_THAT(message_of<UsageError>([] { Journal("/no/such/folder/journal"); }),
             Contains("/no/such/folder/journal") && Contains("No such file or directory"));
}

TEST_CASE("journal: a full disk is a run error, and what was there before stays usable") {
  const ScratchFolder folder;
  {
    Journal journal(folder.path("journal"));
    journal.begin(run_of(), {});
    journal.add(point_of(1, 0, "a"));
  }
  ChildProcess child([path = folder.path("journal")] {
    ::signal(SIGXFSZ, SIG_IGN);
    Journal journal(path);
    const rlimit none{60, 60};  // not even one line
    ::setrlimit(RLIMIT_FSIZE, &none);
    journal.begin(run_of(), {point_of(1, 0, "a")});
    return 0;
  });
  CHECK_THAT(child.read_all(), Contains("cannot write the journal") && Contains("File too large"));
  CHECK(child.wait().code == 99);
  const Journal next(folder.path("journal"));
  CHECK(next.found().checkpoints == std::vector{point_of(1, 0, "a")});
}
