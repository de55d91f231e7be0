#include "worker/stage_threads.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <mutex>
#include <new>
#include <string>

#include "base/error.hpp"

using namespace infer;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

constexpr Seconds kLong{20};

/// What stages died of. Kept as long as a thread may tell.
class Failures {
 public:
  void add(const std::exception_ptr& reason) {
    const std::lock_guard lock(mutex_);
    try {
      std::rethrow_exception(reason);
    } catch (const RunError& error) {
      texts_ += error.what();
    }
  }
  std::string texts() {
    const std::lock_guard lock(mutex_);
    return texts_;
  }

 private:
  std::mutex mutex_;
  std::string texts_;
};

StageThreads threads_with(const std::shared_ptr<Failures>& failures) {
  return {std::make_shared<Timeline>(), [failures](std::exception_ptr reason) { failures->add(reason); }};
}

/// Waits for as long as a test may take.
void wait_until(const std::function<bool()>& is_so) {
  for (const Deadline deadline(kLong); !is_so() && !deadline.passed();) std::this_thread::sleep_for(1ms);
  CHECK(is_so());
}

}  // namespace

TEST_CASE("stage threads: stages run beside one another, and are waited for") {
  const auto failures = std::make_shared<Failures>();
  auto threads = threads_with(failures);
  std::promise<void> met;
  threads.start("one", "waiting", [&](Step&) { met.get_future().wait(); });
  threads.start("two", "meeting", [&](Step&) { met.set_value(); });
  CHECK(threads.wait(kLong));
  CHECK(failures->texts().empty());
}

TEST_CASE("stage threads: what a stage dies of is told, and no other stage ends of it") {
  const auto failures = std::make_shared<Failures>();
  auto threads = threads_with(failures);
  std::promise<void> release;
  threads.start("one", "waiting", [&](Step&) { release.get_future().wait(); });
  threads.start("two", "reading", [](Step&) { throw RunError("disk lost"); });
  wait_until([&] { return failures->texts() == "disk lost"; });
  CHECK_FALSE(threads.wait(Seconds(0.05)));
  release.set_value();
  CHECK(threads.wait(kLong));
}

TEST_CASE("stage threads: a stage without memory is told by what it did") {
  const auto failures = std::make_shared<Failures>();
  auto threads = threads_with(failures);
  threads.start("one", "reading the input", [](Step&) { throw std::bad_alloc(); });
  CHECK(threads.wait(kLong));
  CHECK(failures->texts() == out_of_memory_message("reading the input"));
}

TEST_CASE("stage threads: the step under way that takes longest is the slowest") {
  auto threads = threads_with(std::make_shared<Failures>());
  CHECK_FALSE(threads.slowest().has_value());
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> inside{0};
  const auto step_of = [&](Stage stage, std::uint64_t chunk) {
    return [&inside, released, stage, chunk](Step& step) {
      step.during(stage, chunk, 1, [&] {
        ++inside;
        released.wait();
        return 0;
      });
    };
  };
  threads.start("one", "reading", step_of(Stage::reader, 3));
  wait_until([&] { return inside == 1; });
  std::this_thread::sleep_for(5ms);
  threads.start("two", "encoding", step_of(Stage::encoder, 2));
  wait_until([&] { return inside == 2; });
  const auto slowest = threads.slowest();
  REQUIRE(slowest.has_value());
  CHECK(slowest->stage == Stage::reader);
  CHECK(slowest->chunk == 3);
  release.set_value();
  CHECK(threads.wait(kLong));
  CHECK_FALSE(threads.slowest().has_value());
}

TEST_CASE("stage threads: one that hangs is left behind with all it holds, and may still fail") {
  auto failures = std::make_shared<Failures>();
  const std::weak_ptr<Failures> told = failures;
  std::promise<void> release;
  auto held = std::make_shared<int>(7);
  const std::weak_ptr<int> left = held;
  {
    auto threads = threads_with(failures);
    threads.start("one", "hanging", [held, released = release.get_future().share()](Step& step) {
      step.during(Stage::model, 0, 1, [&] {
        released.wait();
        return 0;
      });
      throw RunError("late");
    });
    CHECK_FALSE(threads.wait(Seconds(0.05)));
    threads.leave_behind();
  }
  held.reset();
  CHECK_FALSE(left.expired());
  release.set_value();
  wait_until([&] { return failures->texts() == "late"; });
  failures.reset();
  wait_until([&] { return left.expired() && told.expired(); });
}
