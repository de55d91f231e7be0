#include <fcntl.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <system_error>
#include <thread>

#include "base/bytes.hpp"
#include "base/checked_cast.hpp"
#include "base/clock.hpp"
#include "base/doorbell.hpp"
#include "base/error.hpp"
#include "base/pause_watch.hpp"
#include "base/unique_fd.hpp"
#include "base/watchdog.hpp"
#include "unit/base/expect_error.hpp"

using namespace infer;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using infer::test::message_of;

TEST_CASE("checked_cast: the largest and smallest values that fit pass") {
  CHECK(checked_cast<std::int32_t>(std::int64_t{2147483647}) == 2147483647);
  CHECK(checked_cast<std::int8_t>(-128) == -128);
  CHECK(checked_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) == 9223372036854775807U);
}

TEST_CASE("checked_cast: a value that does not fit is an internal error that names it") {
  CHECK_THAT(message_of<InternalError>([] { checked_cast<std::int32_t>(std::int64_t{2147483648}); }),
             Contains("2147483648"));
  CHECK_THAT(message_of<InternalError>([] { checked_cast<std::size_t>(-1); }), Contains("-1"));
  CHECK_THAT(message_of<InternalError>([] { checked_cast<std::int64_t>(std::uint64_t{1} << 63U); }),
             Contains("9223372036854775808"));
}

TEST_CASE("errors: the exit codes are the documented ones") {
  CHECK(UsageError("x").code() == ExitCode::usage);
  CHECK(RunError("x").code() == ExitCode::run_failed);
  CHECK(InternalError("x").code() == ExitCode::run_failed);
  CHECK(static_cast<int>(ExitCode::complete) == 0);
  CHECK(static_cast<int>(ExitCode::records_failed) == 1);
  CHECK(static_cast<int>(ExitCode::usage) == 2);
  CHECK(static_cast<int>(ExitCode::run_failed) == 3);
  CHECK(static_cast<int>(ExitCode::stopped) == 4);
}

TEST_CASE("errors: an errno message says the attempt and the system's reason") {
  CHECK(errno_message("cannot open a.jsonl", ENOENT) == "cannot open a.jsonl: No such file or directory");
}

TEST_CASE("errors: too many open files come with their remedy") {
  CHECK_THAT(errno_message("cannot open x", EMFILE), Contains("ulimit -n"));
}

TEST_CASE("errors: what a failed allocation or thread says is what was attempted and what to do") {
  CHECK_THAT(
      failure_text(std::bad_alloc(), "reading the input"),
      Catch::Matchers::StartsWith("out of memory while reading the input; ") && Contains("--chunk-bytes"));
  const std::system_error no_thread(std::make_error_code(std::errc::resource_unavailable_try_again));
  CHECK_THAT(failure_text(no_thread, "starting"),
             Catch::Matchers::StartsWith("cannot start a thread while starting: ") && Contains("ulimit -u"));
  CHECK(failure_text(RunError("disk full"), "writing") == "disk full");
}

TEST_CASE("errors: a broken invariant names the condition, the file and the line") {
  const auto text = message_of<InternalError>([] { INFER_ASSERT(1 + 1 == 3); });
  CHECK_THAT(text, Contains("1 + 1 == 3") && Contains("base_test.cpp:") && Contains("please report"));
  CHECK_NOTHROW([] { INFER_ASSERT(true); }());
}

TEST_CASE("bytes: what was written is read back, values, lists and text, at any alignment") {
  ByteWriter out;
  out.value<std::uint8_t>(7);
  out.value(2.5);
  out.values(std::vector<std::int64_t>{-1, 2});
  out.text("");
  out.text(std::string_view("a\0b", 3));
  out.values(std::vector<std::int32_t>{});
  const auto bytes = std::move(out).take();

  ByteReader in(bytes);
  CHECK(in.value<std::uint8_t>() == 7);
  CHECK(in.value<double>() == 2.5);
  CHECK(in.values<std::int64_t>() == std::vector<std::int64_t>{-1, 2});
  CHECK(in.text().empty());
  CHECK(in.text() == std::string("a\0b", 3));
  CHECK_FALSE(in.at_end());
  CHECK(in.values<std::int32_t>().empty());
  CHECK(in.at_end());
}

TEST_CASE("bytes: an optional is read back, and two equal ones are the same bytes") {
  ByteWriter out;
  out.optional(std::optional<double>());
  out.optional(std::optional<double>(2.5));
  out.optional(std::optional<std::uint8_t>(0));
  const auto bytes = std::move(out).take();
  CHECK(bytes.size() == 3 * sizeof(bool) + sizeof(double) + 1);
  ByteReader in(bytes);
  CHECK_FALSE(in.optional<double>().has_value());
  CHECK(in.optional<double>() == 2.5);
  CHECK(in.optional<std::uint8_t>() == 0);
  CHECK(in.at_end());

  const auto bytes_of = [](std::optional<std::int64_t> item) {
    ByteWriter each;
    each.optional(item);
    return std::move(each).take();
  };
  std::optional<std::int64_t> emptied(77);  // its value may still lie in its memory
  emptied.reset();
  CHECK(bytes_of(emptied) == bytes_of(std::nullopt));
  CHECK(bytes_of(1) == bytes_of(1));
  CHECK_FALSE(bytes_of(1) == bytes_of(2));
}

TEST_CASE("bytes: an optional cut short is an internal error") {
  ByteWriter out;
  out.optional(std::optional<double>(1));
  const auto whole = std::move(out).take();
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_THROWS_AS(ByteReader(ByteView(whole).first(size)).optional<double>(), InternalError);
}

TEST_CASE("bytes: a message cut short anywhere is an internal error, never a read past the end") {
  ByteWriter out;
  out.reserve(64);
  out.value<std::uint32_t>(1);
  out.values(std::vector<std::uint16_t>{1, 2, 3});
  out.text("abc");
  const auto whole = std::move(out).take();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_THAT(message_of<InternalError>([&] {
                 ByteReader in(cut);
                 in.value<std::uint32_t>();
                 in.values<std::uint16_t>();
                 in.text();
               }),
               Contains("too short"));
  }
}

TEST_CASE("bytes: a count too large to be true is an internal error, not an allocation") {
  ByteWriter out;
  out.value(std::numeric_limits<std::uint64_t>::max());
  out.value<std::uint64_t>(0);
  const auto bytes = std::move(out).take();
  CHECK_THROWS_AS(ByteReader(bytes).values<std::uint64_t>(), InternalError);
  CHECK_THROWS_AS(ByteReader(bytes).text(), InternalError);
}

TEST_CASE("bytes: the uninitialised buffer still fills with a given value") {
  RawBytes bytes(3, std::byte{1});
  bytes.resize(6, std::byte{2});
  CHECK(bytes ==
        RawBytes{std::byte{1}, std::byte{1}, std::byte{1}, std::byte{2}, std::byte{2}, std::byte{2}});
  bytes.resize(100);
  CHECK(bytes[5] == std::byte{2});
}

TEST_CASE("doorbell: a ring before the wait ends it at once") {
  Doorbell bell;
  bell.ring();
  const Stopwatch watch;
  bell.wait(20s);
  CHECK(watch.elapsed_s() < 10);
}

TEST_CASE("doorbell: rings between two waits count once") {
  Doorbell bell;
  bell.ring();
  bell.ring();
  bell.wait(20s);
  const Stopwatch watch;
  bell.wait(20ms);
  CHECK(watch.elapsed_s() >= 0.019);
}

TEST_CASE("doorbell: nobody rings, so the wait ends at its limit") {
  Doorbell bell;
  const Stopwatch watch;
  bell.wait(20ms);
  CHECK(watch.elapsed_s() >= 0.019);
}

TEST_CASE("doorbell: a ring from another thread ends a wait") {
  Doorbell bell;
  std::jthread ringer([&] {
    std::this_thread::sleep_for(20ms);
    bell.ring();
  });
  const Stopwatch watch;
  bell.wait(20s);
  CHECK(watch.elapsed_s() < 10);
}

TEST_CASE("deadline: passes after its limit and not before") {
  CHECK_FALSE(Deadline(Seconds(100)).passed());
  CHECK(Deadline(Seconds(0)).passed());
  CHECK(Deadline(Seconds(1.5)).limit_s() == 1.5);
}

TEST_CASE("pause watch: a turn that takes too long is a pause, after which all counts anew") {
  constexpr auto kPause = std::chrono::milliseconds(60);
  PauseWatch never(Seconds(1000));
  PauseWatch pause(Seconds(0.05));
  std::this_thread::sleep_for(kPause);
  CHECK(pause.awake() == Seconds(0));
  CHECK(pause.turn() >= kPause);
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(pause.awake() < kPause);
  CHECK(never.turn() == Seconds(0));
  CHECK(never.awake() > kPause);
}

TEST_CASE("watchdog: barks when its time is up, and not while it is excused") {
  std::atomic<bool> barked = false;
  std::atomic<bool> excused = true;
  std::atomic<int> asked = 0;
  const Watchdog watchdog(
      Seconds(0.01), [&] { barked = true; },
      [&] {
        ++asked;
        return excused.load();
      });
  while (asked < 5) std::this_thread::yield();
  CHECK_FALSE(barked);
  excused = false;
  while (!barked) std::this_thread::yield();
}

TEST_CASE("unique_fd: closes what it owns, and not what it handed over") {
  const auto is_open = [](int fd) { return ::fcntl(fd, F_GETFD) != -1; };
  int first = -1;
  int released = -1;
  {
    UniqueFd fd(::open("/dev/null", O_RDONLY));
    first = fd.get();
    CHECK(is_open(first));
    UniqueFd moved(std::move(fd));
    CHECK_FALSE(static_cast<bool>(fd));  // NOLINT: the state after a move is part of the contract
    CHECK(moved.get() == first);
    UniqueFd other(::open("/dev/null", O_RDONLY));
    released = other.release();
  }
  CHECK_FALSE(is_open(first));
  CHECK(is_open(released));
  ::close(released);
}

TEST_CASE("clock: seconds: as one would write them") {
  CHECK(seconds_text(Seconds(60)) == "60");
  CHECK(seconds_text(Seconds(0.5)) == "0.5");
  CHECK(seconds_text(Seconds(86'400)) == "86400");
  CHECK(seconds_text(Seconds(0)) == "0");
}
