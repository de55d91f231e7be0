#include "writer/journal/journal.hpp"

#include <fcntl.h>
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

constexpr ClaimTimes kShort{Seconds{0.1}, Seconds{0.5}};
constexpr ClaimTimes kPatient{Seconds{0.1}, Seconds{10}};
constexpr auto kQuick = 0.3;  // seconds: well below its watch

/// A process that has the journal, with one checkpoint, until it is killed.
ChildProcess owner_of(const std::string& path) {
  return ChildProcess([path] {
    ::setenv("SLURM_JOB_ID", "4242", 1);
    Journal journal(path);
    journal.begin(run_of(), {});
    journal.add(point_of(1, 0, "x"));
    ChildProcess::say("ready\n");
    ChildProcess::sleep_for_ever();
    return 0;
  });
}

/// A journal whose owner is on another host and did not leave.
std::string foreign_journal(const ScratchFolder& folder) {
  return folder.write("journal", journal_line(Owner{"node-of-another-cluster", 7, "11", false}) +
                                     journal_line(run_of()) + journal_line(point_of(5, 0, "x")));
}

}  // namespace

TEST_CASE("journal: a second claim is refused and names process, host and job; the first is unharmed") {
  const ScratchFolder folder;
  auto owner = owner_of(folder.path("journal"));
  REQUIRE(owner.read_line() == "ready");
  const auto before = folder.read("journal");
  const Stopwatch watch;
  const auto text = message_of<UsageError>([&] { Journal(folder.path("journal")); });
  CHECK(watch.elapsed_s() < kQuick);
  char host[256] = {};
  REQUIRE(::gethostname(host, sizeof host - 1) == 0);
  CHECK_THAT(text, Contains(folder.path("journal")) && Contains("process " + std::to_string(owner.pid())) &&
                       Contains(std::string(" on ") + host) && Contains("job 4242") && Contains("--output"));
  CHECK(folder.read("journal") == before);
}

TEST_CASE("journal: that of a killed process is taken over at once, and says that it did not leave") {
  const ScratchFolder folder;
  auto owner = owner_of(folder.path("journal"));
  REQUIRE(owner.read_line() == "ready");
  const auto pid = owner.pid();
  owner.kill_and_wait();
  const Stopwatch watch;
  const Journal journal(folder.path("journal"));
  CHECK(watch.elapsed_s() < kQuick);
  CHECK(journal.found().checkpoints == std::vector{point_of(1, 0, "x")});
  CHECK(journal.found().owner->pid == pid);
  CHECK_FALSE(journal.found().owner->has_left);
}

TEST_CASE("journal: within one process a second claim is refused as well") {
  const ScratchFolder folder;
  const Journal first(folder.path("journal"));
  CHECK_THAT(message_of<UsageError>([&] { Journal(folder.path("journal")); }),
             Contains("process " + std::to_string(::getpid())));
}

TEST_CASE("journal: one that is locked but says nothing yet is of a run that is just starting") {
  const ScratchFolder folder;
  const Journal first(folder.path("journal"));
  std::filesystem::resize_file(folder.path("journal"), 0);
  CHECK_THAT(message_of<UsageError>([&] { Journal(folder.path("journal")); }),
             Contains("a run that is just starting"));
}

TEST_CASE("journal: the silent owner on another host is taken over after the watch, not before") {
  const ScratchFolder folder;
  const Stopwatch watch;
  const Journal journal(foreign_journal(folder), kShort);
  CHECK(watch.elapsed_s() >= kShort.watch.count());
  CHECK(journal.found().checkpoints.size() == 1);
}

TEST_CASE("journal: the owner on another host that changes the file's time is refused") {
  const ScratchFolder folder;
  const auto path = foreign_journal(folder);
  std::atomic<bool> done{false};
  std::jthread beats([&] {
    while (!done) {
      std::this_thread::sleep_for(50ms);
      ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
    }
  });
  const auto before = folder.read("journal");
  const auto text = message_of<UsageError>([&] { Journal(path, {Seconds(2), Seconds(20)}); });
  done = true;
  CHECK_THAT(text, Contains("process 7 on node-of-another-cluster, job 11"));
  CHECK(folder.read("journal") == before);
}

TEST_CASE("journal: an owner on another host that has left is not watched") {
  const ScratchFolder folder;
  const auto path =
      folder.write("journal", journal_line(run_of()) + journal_line(Owner{"elsewhere", 7, "", true}));
  const Stopwatch watch;
  const Journal journal(path, {Seconds(2), Seconds(20)});
  CHECK(watch.elapsed_s() < 5);
}

TEST_CASE("journal: from the claim on the file's time changes by itself, also after it was written anew") {
  const ScratchFolder folder;
  Journal journal(folder.path("journal"), kShort);
  const auto beats = [&] {
    const auto long_ago = std::filesystem::file_time_type::clock::now() - 1h;
    std::filesystem::last_write_time(folder.path("journal"), long_ago);
    std::this_thread::sleep_for(500ms);
    return std::filesystem::last_write_time(folder.path("journal")) > long_ago + 59min;
  };
  CHECK(beats());
  journal.begin(run_of(), {});
  CHECK(beats());
}

TEST_CASE("journal: of two that take over from a silent owner at once, one has it and the other says so") {
  for (int round = 0; round < 3; ++round) {
    const ScratchFolder folder;
    const auto path = foreign_journal(folder);
    const auto rival = [path] {
      const Journal journal(path, kShort);
      ChildProcess::say("mine\n");
      ChildProcess::sleep_for_ever();
      return 0;
    };
    ChildProcess one(rival);
    ChildProcess two(rival);
    const auto told = one.read_line() + two.read_line();
    CHECK_THROWS_AS(Journal(path, kPatient), UsageError);
    CHECK_THAT(told, Contains("mine") && Contains("is being written by"));
  }
}

TEST_CASE("journal: one that was removed meanwhile is told as that") {
  const ScratchFolder folder;
  Journal journal(folder.path("journal"));
  journal.begin(run_of(), {});
  std::filesystem::remove(folder.path("journal"));
  CHECK_THAT(message_of<RunError>([&] { journal.check_claim(); }),
             Contains("was removed or renamed while the run was on"));
}

TEST_CASE("journal: one that another run has taken meanwhile is written no more, nor removed") {
  const ScratchFolder folder;
  Journal journal(folder.path("journal"));
  journal.begin(run_of(), {});
  journal.add(point_of(1, 0, "a"));
  std::filesystem::remove(folder.path("journal"));
  {
    Journal other(folder.path("journal"));
    other.begin(run_of(), {});
    other.add(point_of(1, 0, "b"));
    const auto before = folder.read("journal");
    const auto lost = Contains("was taken away from this run by process");
    CHECK_THAT(message_of<RunError>([&] { journal.add(point_of(2, 1, "a")); }), lost);
    CHECK_THAT(message_of<RunError>([&] { journal.check_claim(); }), lost);
    CHECK_THAT(message_of<RunError>([&] { journal.finish(folder.path("run")); }), lost);
    CHECK(folder.read("journal") == before);
    CHECK_FALSE(folder.has("run"));
  }
}

TEST_CASE("claim: who looks at a journal finds what a claim would, and disturbs nobody") {
  const ScratchFolder folder;
  const auto path = folder.path("out.journal");
  CHECK_FALSE(look_at_journal(path).owner.has_value());
  CHECK_FALSE(folder.has("out.journal"));
  {
    const Claim claim(path);
    const auto refusal = message_of<UsageError>([&] { look_at_journal(path); });
    CHECK_THAT(refusal, Contains("is being written by process " + std::to_string(claim.self().pid)));
    CHECK(refusal == message_of<UsageError>([&] { Claim other(path); }));
    CHECK(claim.holds());
  }
  CHECK(look_at_journal(path, {Seconds(0.1), Seconds(0.2)}).owner.has_value());
  folder.write("out.journal", "anything else\n");
  CHECK_THAT(message_of<UsageError>([&] { look_at_journal(path); }), Contains("was not made by infer"));
}
