#include "row_key/repeat_cache.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace infer;

namespace {

RowKey key_of(std::uint64_t number) { return {number * 0x9e3779b97f4a7c15U + 1, number}; }

}  // namespace

TEST_CASE("repeat cache: finds what was put, and nothing else") {
  RepeatCache cache(1 << 20);
  cache.put(key_of(1), "one");
  REQUIRE(cache.find(key_of(1)));
  CHECK(*cache.find(key_of(1)) == "one");
  CHECK(cache.find(key_of(2)) == nullptr);
  CHECK(cache.find({key_of(1).low, 17}) == nullptr);
}

TEST_CASE("repeat cache: keeps within its bytes what is asked for, and forgets the rest") {
  constexpr std::size_t kBytes = 1 << 16;
  RepeatCache cache(kBytes);
  cache.put(key_of(0), "asked for");
  std::size_t known = 0;
  constexpr std::uint64_t kPut = 20'000;
  for (std::uint64_t number = 1; number < kPut; ++number) {
    cache.put(key_of(number), std::string(100, 'x'));
    CHECK(cache.find(key_of(0)) != nullptr);
  }
  for (std::uint64_t number = 1; number < kPut; ++number) known += cache.find(key_of(number)) ? 1U : 0U;
  CHECK(known > 50);
  CHECK(known < kBytes / 100);
}

TEST_CASE("repeat cache: what is larger than it has room for is not kept") {
  RepeatCache cache(1000);
  cache.put(key_of(1), std::string(5000, 'x'));
  CHECK(cache.find(key_of(1)) == nullptr);
  RepeatCache none(0);
  none.put(key_of(1), "");
  CHECK(none.find(key_of(1)) == nullptr);
}

TEST_CASE("repeat cache: several threads at once") {
  RepeatCache cache(1 << 16);
  std::vector<std::jthread> threads;
  std::atomic<bool> wrong = false;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 20'000; ++i) {
        const auto number = random() % 700;
        if (const auto found = cache.find(key_of(number))) {
          wrong = wrong || *found != std::to_string(number);
        } else {
          cache.put(key_of(number), std::to_string(number));
        }
      }
    });
  }
  threads.clear();
  CHECK_FALSE(wrong);
}
