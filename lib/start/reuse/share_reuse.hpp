// Which rows of a run need not be scored: where they are looked for, agreed by all ranks.
#pragma once

#include <vector>

#include "comm/channel.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"
#include "decoder/reuse/row_reuse.hpp"
#include "encoder/encoder.hpp"
#include "keys/keys_text.hpp"
#include "start/observer.hpp"

namespace infer {

/// Collective. Those of rank 0.
std::vector<KeyFact> share_key_facts(Channel& channel, const std::vector<KeyFact>& facts);

/// Collective. `facts`: of keys, where they are wanted. Of the earlier outputs those count that have the
/// same; others are told of, but for those that count for another of the run's outputs, whose facts are
/// `all`. The first rank of each host makes an index of them for all of its ranks. Throws AgreedError for an
/// output without keys, or that is not as they say.
RowReuse share_reuse(World& world, const RunConfig& config, const EncoderConfig& encoder,
                     const std::vector<KeyFact>& facts, const std::vector<std::vector<KeyFact>>& all,
                     RunObserver& observer);

}  // namespace infer
