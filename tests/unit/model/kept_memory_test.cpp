#include "model/memory/kept_memory.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstddef>
#include <memory>
#include <numeric>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace infer::detail {
namespace {

constexpr std::size_t kMiB = 1 << 20;

/// Memory that is counted.
class CountedSource final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    held += bytes;
    ++allocations;
    auto piece = std::make_unique<Piece>(*this, std::vector<std::byte>(bytes));
    auto* const data = piece->bytes.data();
    return {data, piece.release(), &free, c10::kCPU};
  }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

  std::atomic<std::size_t> held = 0;
  std::atomic<int> allocations = 0;

 private:
  struct Piece {
    CountedSource& from;
    std::vector<std::byte> bytes;
  };

  static void free(void* piece) {
    const std::unique_ptr<Piece> ended(static_cast<Piece*>(piece));
    ended->from.held -= ended->bytes.size();
  }
};

struct Fixture {
  /// What it gave the last time goes back first.
  void* take_instead(std::size_t bytes) {
    if (last != nullptr) REQUIRE(kept.give_back(last));
    return last = kept.take(bytes);
  }

  CountedSource source;
  KeptMemory kept{source};
  void* last = nullptr;
};

}  // namespace

TEST_CASE("kept memory: what was freed serves the next of its size, or somewhat smaller") {
  Fixture test;
  auto* const data = test.take_instead(40 * kMiB);
  for (const auto bytes : {40 * kMiB, 39 * kMiB, 33 * kMiB}) CHECK(test.take_instead(bytes) == data);
  CHECK(test.source.allocations == 1);
}

TEST_CASE("kept memory: a piece much larger than what is asked for is not used up for it") {
  Fixture test;
  test.take_instead(40 * kMiB);
  test.take_instead(10 * kMiB);
  CHECK(test.source.allocations == 2);
  CHECK(test.source.held == 10 * kMiB);  // 40 were in use at most: beside 10 they are too many
}

TEST_CASE("kept memory: the one that fits best is taken") {
  Fixture test;
  auto* const larger = test.kept.take(12 * kMiB);
  auto* const equal = test.kept.take(10 * kMiB);
  test.kept.give_back(equal);
  test.kept.give_back(larger);
  CHECK(test.kept.take(10 * kMiB) == equal);
  CHECK(test.kept.take(10 * kMiB) == larger);
}

TEST_CASE("kept memory: the longest unused goes first") {
  Fixture test;
  auto* const first = test.kept.take(10 * kMiB);
  auto* const second = test.kept.take(10 * kMiB);
  test.kept.give_back(second);
  test.kept.give_back(first);
  test.kept.take(kMiB);  // one of the two must go
  CHECK(test.source.held == 11 * kMiB);
  CHECK(test.kept.take(10 * kMiB) == first);
}

TEST_CASE("kept memory: what it did not give stays as it is") {
  Fixture test;
  std::vector<std::byte> foreign(8);
  CHECK_FALSE(test.kept.give_back(foreign.data()));
  auto* const data = test.kept.take(kMiB);
  CHECK(test.kept.give_back(data));
  CHECK_FALSE(test.kept.give_back(data));
}

TEST_CASE("kept memory: released, nothing is kept, and the peak begins anew") {
  Fixture test;
  auto* const lasting = test.kept.take(5 * kMiB);
  test.take_instead(40 * kMiB);
  test.kept.give_back(std::exchange(test.last, nullptr));
  test.kept.release();
  CHECK(test.source.held == 5 * kMiB);
  test.kept.take(4 * kMiB);
  test.kept.give_back(lasting);
  test.kept.take(2 * kMiB);
  CHECK(test.source.held <= 9 * kMiB);
}

TEST_CASE("kept memory: the peak is what it would be without, up to a quarter") {
  Fixture test;
  std::mt19937 random(7);
  std::vector<void*> live(12);
  std::vector<std::size_t> sizes(live.size());
  std::size_t most_asked = 0;
  int asked_for = 0;
  for (int step = 0; step < 3000; ++step) {
    const auto k = random() % live.size();
    if (sizes[k] > 0) REQUIRE(test.kept.give_back(live[k]));
    sizes[k] = random() % 3 == 0 ? 0 : kMiB + random() % (8 * kMiB);
    const auto asked = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
    most_asked = std::max(most_asked, asked);
    if (sizes[k] == 0) continue;
    live[k] = test.kept.take(sizes[k]);
    ++asked_for;
    REQUIRE(test.source.held <= most_asked + most_asked / 4);
  }
  CHECK(test.source.allocations < asked_for * 2 / 3);
}

TEST_CASE("kept memory: no two in use overlap, whatever threads take and give back") {
  Fixture test;
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int id = 1; id <= 4; ++id) {
      threads.emplace_back([&, id] {
        std::mt19937 random(static_cast<unsigned>(id));
        for (int round = 0; round < 200; ++round) {
          const auto bytes = kMiB + random() % kMiB;
          auto* const data = static_cast<char*>(test.kept.take(bytes));
          data[0] = data[bytes - 1] = static_cast<char>(id);
          std::this_thread::yield();
          wrong += data[0] != id || data[bytes - 1] != id || !test.kept.give_back(data);
        }
      });
    }
  }
  CHECK(wrong == 0);
  test.kept.release();
  CHECK(test.source.held == 0);
}

}  // namespace infer::detail
