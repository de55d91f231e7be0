#include "base/bounded_queue.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace infer;
using namespace std::chrono_literals;

namespace {

std::exception_ptr failure(const char* text) { return std::make_exception_ptr(std::runtime_error(text)); }

template <class T>
bool is_ready(std::future<T>& future, std::chrono::milliseconds limit) {
  return future.wait_for(limit) == std::future_status::ready;
}

constexpr auto kLongEnough = 30ms;
constexpr auto kPatience = 10s;

}  // namespace

TEST_CASE("queue: items come out in the order they went in") {
  BoundedQueue<int> queue(3);
  for (const int item : {1, 2, 3}) CHECK(queue.push(item));
  CHECK(queue.size() == 3);
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK(queue.try_pop() == 3);
  CHECK_FALSE(queue.try_pop().has_value());
}

TEST_CASE("queue: what was pushed before close still comes out, then nothing for ever") {
  BoundedQueue<int> queue(2);
  queue.push(1);
  queue.push(2);
  queue.close();
  queue.close();
  CHECK(queue.pop() == 1);
  CHECK(queue.pop() == 2);
  CHECK_FALSE(queue.pop().has_value());
  CHECK_FALSE(queue.pop().has_value());
}

TEST_CASE("queue: after close a push is refused and its item dropped") {
  BoundedQueue<std::shared_ptr<int>> queue(2);
  auto item = std::make_shared<int>(1);
  queue.close();
  CHECK_FALSE(queue.push(item));
  CHECK(item.use_count() == 1);
  CHECK(queue.size() == 0);
}

TEST_CASE("queue: discard drops what is queued") {
  BoundedQueue<std::shared_ptr<int>> queue(2);
  auto item = std::make_shared<int>(1);
  queue.push(item);
  queue.discard();
  CHECK(item.use_count() == 1);
  CHECK_FALSE(queue.pop().has_value());
  CHECK_FALSE(queue.push(item));
}

TEST_CASE("queue: after fail every pop throws the first error, whatever was queued") {
  BoundedQueue<int> queue(2);
  queue.push(1);
  queue.fail(failure("first"));
  queue.fail(failure("second"));
  queue.close();
  CHECK_THROWS_WITH(queue.pop(), "first");
  CHECK_THROWS_WITH(queue.pop(), "first");
  CHECK_THROWS_WITH(queue.try_pop(), "first");
  CHECK_FALSE(queue.push(2));
}

TEST_CASE("queue: an error that comes after close is still thrown") {
  BoundedQueue<int> queue(2);
  queue.push(1);
  queue.close();
  queue.fail(failure("late"));
  CHECK_THROWS_WITH(queue.pop(), "late");
}

TEST_CASE("queue: carries what can only be moved") {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  queue.push(std::make_unique<int>(7));
  CHECK(**queue.pop() == 7);
}

TEST_CASE("queue: push blocks while full, until a pop") {
  BoundedQueue<int> queue(1);
  queue.push(1);
  auto pushed = std::async(std::launch::async, [&] { return queue.push(2); });
  CHECK_FALSE(is_ready(pushed, kLongEnough));
  CHECK(queue.pop() == 1);
  REQUIRE(is_ready(pushed, kPatience));
  CHECK(pushed.get());
  CHECK(queue.pop() == 2);
}

TEST_CASE("queue: pop blocks while empty, until a push") {
  BoundedQueue<int> queue(1);
  auto popped = std::async(std::launch::async, [&] { return queue.pop(); });
  CHECK_FALSE(is_ready(popped, kLongEnough));
  queue.push(5);
  REQUIRE(is_ready(popped, kPatience));
  CHECK(popped.get() == 5);
}

TEST_CASE("queue: pop_until returns empty at its end, and not before") {
  BoundedQueue<int> queue(1);
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(queue.pop_until(begin + kLongEnough).has_value());
  CHECK(std::chrono::steady_clock::now() - begin >= kLongEnough);
  CHECK(queue.push(1));
}

TEST_CASE("queue: pop_until takes what is there, also when its time is over") {
  BoundedQueue<int> queue(1);
  queue.push(1);
  CHECK(queue.pop_until(std::chrono::steady_clock::now() - 1s) == 1);
  CHECK_FALSE(queue.pop_until(std::chrono::steady_clock::now() - 1s).has_value());
}

TEST_CASE("queue: a push and a close end pop_until before its time, and it makes room for a push") {
  BoundedQueue<int> queue(1);
  auto popped =
      std::async(std::launch::async, [&] { return queue.pop_until(std::chrono::steady_clock::now() + 1h); });
  CHECK_FALSE(is_ready(popped, kLongEnough));
  queue.push(5);
  REQUIRE(is_ready(popped, kPatience));
  CHECK(popped.get() == 5);
  queue.push(6);
  auto pushed = std::async(std::launch::async, [&] { return queue.push(7); });
  CHECK(queue.pop_until(std::chrono::steady_clock::now() + 1h) == 6);
  REQUIRE(is_ready(pushed, kPatience));
  queue.pop();
  popped =
      std::async(std::launch::async, [&] { return queue.pop_until(std::chrono::steady_clock::now() + 1h); });
  CHECK_FALSE(is_ready(popped, kLongEnough));
  queue.close();
  REQUIRE(is_ready(popped, kPatience));
  CHECK_FALSE(popped.get().has_value());
}

TEST_CASE("queue: pop_until throws the error of fail") {
  BoundedQueue<int> queue(1);
  queue.fail(failure("broken"));
  CHECK_THROWS_WITH(queue.pop_until(std::chrono::steady_clock::now() + 1h), "broken");
}

TEST_CASE("queue: close wakes every blocked push and every blocked pop") {
  BoundedQueue<int> full(1);
  BoundedQueue<int> empty(1);
  full.push(0);
  std::vector<std::future<bool>> pushes;
  std::vector<std::future<std::optional<int>>> pops;
  for (int i = 0; i < 3; ++i) {
    pushes.push_back(std::async(std::launch::async, [&] { return full.push(1); }));
    pops.push_back(std::async(std::launch::async, [&] { return empty.pop(); }));
  }
  std::this_thread::sleep_for(kLongEnough);
  full.close();
  empty.close();
  for (auto& push : pushes) CHECK_FALSE(push.get());
  for (auto& pop : pops) CHECK_FALSE(pop.get().has_value());
  CHECK(full.pop() == 0);
  CHECK_FALSE(full.pop().has_value());
}

TEST_CASE("queue: fail wakes blocked pops with the error") {
  BoundedQueue<int> queue(1);
  auto popped = std::async(std::launch::async, [&] { return queue.pop(); });
  std::this_thread::sleep_for(kLongEnough);
  queue.fail(failure("broken"));
  CHECK_THROWS_WITH(popped.get(), "broken");
}

TEST_CASE("queue: many producers and consumers hand over every item once, and never more than fit") {
  constexpr int kProducers = 4;
  constexpr int kItemsEach = 5000;
  constexpr std::size_t kCapacity = 3;
  BoundedQueue<int> queue(kCapacity);
  std::vector<std::atomic<int>> seen(kProducers * kItemsEach);
  std::atomic<std::size_t> largest{0};
  {
    std::vector<std::jthread> consumers;
    for (int c = 0; c < 3; ++c) {
      consumers.emplace_back([&] {
        while (const auto item = queue.pop()) {
          ++seen[static_cast<std::size_t>(*item)];
          if (const auto size = queue.size(); size > largest) largest = size;
        }
      });
    }
    {
      std::vector<std::jthread> producers;
      for (int p = 0; p < kProducers; ++p) {
        producers.emplace_back([&, p] {
          for (int i = 0; i < kItemsEach; ++i) queue.push(p * kItemsEach + i);
        });
      }
    }
    queue.close();
  }
  CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& count) { return count == 1; }));
  CHECK(largest <= kCapacity);
}

TEST_CASE("queue: one producer's items reach one consumer in order") {
  BoundedQueue<int> queue(2);
  std::jthread producer([&] {
    for (int i = 0; i < 2000; ++i) queue.push(i);
    queue.close();
  });
  int expected = 0;
  bool in_order = true;
  while (const auto item = queue.pop()) in_order &= *item == expected++;
  CHECK(in_order);
  CHECK(expected == 2000);
}
