// Waiting with a deadline in a way that lets rank 0, which knows who is late, give up and speak first.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "comm/session.hpp"

namespace infer {

/// How much longer the other ranks wait than rank 0, whose message would else be overtaken by a vaguer one.
constexpr Seconds kRootSpeaksFirst{3.0};

/// Calls `done` until it is true; false when time is up. `done` should take all that has come at each call.
bool wait_until(const Session& session, const Deadline& deadline, const std::function<bool()>& done);

/// "rank 2 (node7), rank 5 (node8) and 3 more": for messages.
std::string describe_ranks(const Session& session, const std::vector<int>& ranks);

/// "2.5 s"
std::string limit_text(const Deadline& deadline);

}  // namespace infer
