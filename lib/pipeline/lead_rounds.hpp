// Rank 0's side of the rounds: hands out chunks as the planner decides, and gathers what is finished.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.hpp"
#include "base/timeline.hpp"
#include "comm/channel.hpp"
#include "comm/gather.hpp"
#include "pipeline/rank_work.hpp"
#include "pipeline/run_outputs.hpp"
#include "reader/source.hpp"
#include "rounds/outbox.hpp"
#include "rounds/planner.hpp"

namespace infer {

/// Main thread only. Keeps references to all that it is given.
class LeadRounds {
 public:
  struct Parts {
    Channel& channel;
    Gather& gather;
    Source& source;
    RankWork& work;  ///< rank 0's own
    RunOutputs& outputs;
    Timeline::Lane& lane;
  };

  /// `group_ranks`: of these the first gets work; the planner knows each such group as one rank.
  /// `sign_of_life`: how often every rank hears of rank 0, whatever else.
  LeadRounds(Parts parts, PlannerConfig planner, int group_ranks, Seconds sign_of_life);

  void update(int rank, const Status& status);
  /// The same for rank 0; false when it has no news.
  bool update_own();

  /// False when there was nothing to do.
  bool run_one();

  /// No more grants, but for chunks before one that is granted already.
  void drain() { planner_.drain(); }
  /// One more than the last chunk that is granted.
  std::uint64_t grants_end() const { return planner_.grants_end(); }
  /// Whether that is the last one of the source, as far as is known.
  bool has_granted_end() const { return planner_.has_granted_end(); }

 private:
  std::vector<Orders> orders_of_ranks(std::vector<Orders> of_groups) const;
  void send(std::vector<Orders>& orders, bool sign_of_life);
  Plan plan_of(Orders orders);
  void carry_out(const Orders& orders);
  void gather(const std::vector<std::uint64_t>& sizes);
  void accept(std::size_t rank, EncodedChunk chunk);
  void take_orders();

  Parts parts_;
  Planner planner_;
  std::size_t group_ranks_;
  Outbox outbox_;
  std::uint64_t run_chunks_;
  std::map<std::uint64_t, std::size_t> rank_of_part_;  // of those that are not ordered to be finished
  std::vector<std::vector<PartOrder>> orders_;         // by rank
  Seconds sign_of_life_;
  Stopwatch since_round_;
  Stopwatch since_gather_;
};

}  // namespace infer
