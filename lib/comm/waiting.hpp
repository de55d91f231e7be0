// Waiting with a deadline in a way that lets rank 0, which knows who is late, give up and speak first.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "comm/channel.hpp"

namespace infer {

/// How much longer the other ranks wait than rank 0, whose message would else be overtaken by a vaguer one.
constexpr Seconds kRootSpeaksFirst{3.0};

/// Sleeps in growing steps up to 1 ms between tries: for loops that poll.
class Backoff {
 public:
  void wait();
  void reset() { tries_ = 0; }

 private:
  int tries_ = 0;
};

/// Calls `done` until it is true; false when time is up. `done` should take all that has come at each call.
bool wait_until(const Channel& channel, const Deadline& deadline, const std::function<bool()>& done);

/// "rank 2 (node7), rank 5 (node8) and 3 more": for messages.
std::string describe_ranks(const Channel& channel, const std::vector<int>& ranks);

/// "2.5 s"
std::string limit_text(const Deadline& deadline);

}  // namespace infer
