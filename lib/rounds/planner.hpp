// Rank 0's decisions: who works on which chunk, and which finished chunks travel now. Pure: no MPI, no
// threads, no clock of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "config/config.hpp"
#include "reader/source.hpp"
#include "rounds/round.hpp"

namespace infer {

struct PlannerConfig {
  int ranks = 1;
  std::uint64_t first_chunk = 0;  ///< earlier ones are done
  std::uint64_t run_chunks =
      1;  ///< consecutive chunks that all go to one rank; run p begins with chunk p * that
  Schedule schedule = Schedule::dynamic_grants;
  std::uint64_t max_backlog = 4;  ///< granted chunks of a rank not yet through its model
  std::uint64_t max_held = 8;     ///< granted chunks of a rank not yet shipped
  std::uint64_t window = 64;      ///< runs of which chunks may be granted, from the oldest unwritten one's on
  std::uint64_t max_waiting_bytes = std::uint64_t{256}
                                    << 20U;               ///< results on rank 0 waiting for an earlier chunk
  std::uint64_t ship_at_bytes = std::uint64_t{4} << 20U;  ///< this much finished work travels without delay
};

/// What rank 0's writer is waiting for.
struct WriterState {
  std::uint64_t next_chunk = 0;
  std::uint64_t waiting_bytes = 0;
};

/// What one rank is to do next, by chunk ids: what its Plan is made of.
struct Orders {
  std::vector<std::uint64_t> grant;
  std::vector<std::uint64_t> ship;          ///< as in Plan
  std::vector<std::uint64_t> gather_sizes;  ///< likewise
};

class Planner {
 public:
  explicit Planner(PlannerConfig config);

  void update(int rank, const Status& status);

  /// One for each rank. Rank 0's own finished chunks are in its `ship`, but need no gather.
  /// `ship_due`: results have waited long enough, whatever their size.
  std::vector<Orders> decide(const WriterState& writer, const Supply& supply, bool ship_due);

  /// No more grants, but for chunks before one that is granted already, and those of its run.
  void drain();

  /// One more than the last chunk that is granted; when drained, that will be.
  std::uint64_t grants_end() const {
    return drained_at_ == kOpen ? grants_end_ : std::min(drained_at_, chunks_);
  }
  /// Whether that is the last one of all, as far as the last decision knew.
  bool has_granted_end() const { return grants_end() == chunks_; }

  std::uint64_t granted(int rank) const { return ranks_[static_cast<std::size_t>(rank)].granted; }

 private:
  static constexpr auto kOpen = std::numeric_limits<std::uint64_t>::max();

  struct RankState {
    std::uint64_t granted = 0;
    std::uint64_t predicted = 0;
    std::uint64_t shipped = 0;
    std::uint64_t next = 0;      // chunk of the run that it is at
    std::uint64_t run_end = 0;   // of that one
    std::uint64_t next_run = 0;  // static schedule
  };
  struct Finished {
    int rank = 0;
    std::uint64_t bytes = 0;
  };

  bool has_room(const RankState& rank, std::uint64_t backlog) const;
  std::uint64_t end() const { return std::min(chunks_, drained_at_); }
  std::uint64_t left() const;
  std::uint64_t before(const RankState& rank) const;
  std::uint64_t dynamic_backlog() const;
  bool would_help(const RankState& rank) const;
  bool is_ready_for_one(const RankState& rank) const;
  void begin_run(RankState& rank, std::uint64_t run) const;
  void go_on_with_run(RankState& rank, Orders& orders, std::uint64_t limit);
  void grant_dynamic(std::vector<Orders>& orders, std::uint64_t limit);
  void grant_static(std::vector<Orders>& orders, std::uint64_t limit);
  bool round_pays(bool ship_due) const;
  void ship(std::vector<Orders>& orders, const WriterState& writer, bool with_round);

  PlannerConfig config_;
  std::vector<RankState> ranks_;
  std::map<std::uint64_t, Finished> finished_;  // by chunk id: not yet shipped, in any outbox
  std::uint64_t finished_bytes_ = 0;
  std::uint64_t next_run_ = 0;  // dynamic schedule
  std::uint64_t grants_end_ = 0;
  std::uint64_t chunks_ = kOpen;      // of the source, once it knows
  std::uint64_t drained_at_ = kOpen;  // no grants from here on
};

/// True when they ask their rank for nothing.
bool is_idle(const Orders& orders);

}  // namespace infer
