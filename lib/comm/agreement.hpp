// How ranks agree: on texts, and on whether a part of the start worked on all of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "comm/channel.hpp"

namespace infer {

/// Thrown by agree() on every rank alike: main returns its code on the normal path, and rank 0 alone prints.
/// Any other error may be one rank's own and must end in World::abort().
class AgreedError : public Error {
 public:
  using Error::Error;
};

/// Another rank's error, or one about another rank: the message names it.
class RankError : public RunError {
 public:
  using RunError::RunError;
};

/// Collective. Every rank brings its text; rank 0 gets all, in rank order, the others nothing.
/// Throws RunError naming the ranks that did not come by the deadline.
std::vector<std::string> collect(Channel& channel, const std::string& mine, Deadline deadline);

/// Collective. Rank 0's text, on every rank.
std::string broadcast(Channel& channel, const std::string& from_root, Deadline deadline);

/// Collective. What each rank says, in rank order, on all of them.
std::vector<std::string> told_by_all(Channel& channel, const std::string& mine, Deadline deadline);

/// Collective. Runs `phase` on every rank, then all ranks learn whether it worked everywhere. If not, all
/// throw an AgreedError with the message of the lowest failing rank (named, unless all ranks failed alike),
/// and its exit code. Throws RunError naming the ranks that did not come by the deadline; a rank other than 0
/// waits a little longer, so that rank 0, which knows who is late, is the one to speak.
void agree(Channel& channel, Deadline deadline, const std::function<void()>& phase);

/// Collective. Like agree(), but only rank 0 runs the phase; its message is passed on as it is.
void agree_with_root(Channel& channel, Deadline deadline, const std::function<void()>& phase);

}  // namespace infer
