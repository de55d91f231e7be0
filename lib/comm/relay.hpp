// Carries bytes from one rank along a chain of others, each of which passes on what it takes: a large file
// reaches all hosts at about the speed of one link, and is read once.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "comm/channel.hpp"

namespace infer {

struct RelayEnds {
  std::function<std::size_t(std::span<char>)> read;  ///< on the first rank: fills from the front; 0: the end
  std::function<void(ByteView)> take;                ///< on the others
};

/// Collective over the ranks in `chain`, whose first one reads. What a rank's own `read` or `take` throws is
/// thrown in the end, after all behind it are served. Throws RunError on the others when the first could not
/// read on, when what arrived is not what was read, and where nothing moves for `silence`.
void relay(Channel& channel, std::span<const int> chain, const RelayEnds& ends, Seconds silence);

}  // namespace infer
