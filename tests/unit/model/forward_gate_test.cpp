#include "model/forward_gate.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using infer::detail::ForwardGate;

namespace {

constexpr auto kAWhile = std::chrono::milliseconds(20);

}  // namespace

TEST_CASE("forward gate: any number side by side, but one alone is alone") {
  ForwardGate gate;
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 500; ++i) {
          const bool alone = i % 5 == t;
          const ForwardGate::Pass pass(gate, alone);
          const int now = ++inside;
          if (alone && now != 1) ++wrong;
          if (i == 0 && !alone) std::this_thread::sleep_for(kAWhile);
          if (now > most) most = now;
          --inside;
        }
      });
    }
  }
  CHECK(wrong == 0);
  CHECK(most > 1);
}

TEST_CASE("forward gate: who is to be alone does not wait for those who come later") {
  ForwardGate gate;
  std::atomic<bool> done = false;
  std::vector<std::jthread> others;
  for (int t = 0; t < 3; ++t) {  // so that one of them is always inside
    others.emplace_back([&] {
      while (!done) {
        const ForwardGate::Pass pass(gate, false);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  }
  std::this_thread::sleep_for(kAWhile);
  { const ForwardGate::Pass pass(gate, true); }
  done = true;  // else this test does not end
}
