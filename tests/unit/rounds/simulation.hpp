// Whole runs by the planner alone, with every promise of it checked on the way.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "rounds/planner.hpp"

namespace infer::test {

struct SimulatedSource {
  std::uint64_t chunks = 0;
  std::optional<std::uint64_t> read_ahead{};  ///< of a source with an open end: chunks that it holds at most
};

inline SimulatedSource known(std::uint64_t chunks) { return {chunks, std::nullopt}; }

/// A whole run without threads or messages: ranks of random speeds, statuses that come late, a writer that
/// lags. Checks every promise of the planner on the way.
class Simulation {
 public:
  Simulation(const PlannerConfig& config, SimulatedSource source, unsigned seed)
      : config_(config),
        source_(source),
        planner_(config),
        random_(seed),
        ranks_(static_cast<std::size_t>(config.ranks)),
        ready_(source.read_ahead ? config.first_chunk : source.chunks),
        end_is_known_(!source.read_ahead),
        next_chunk_(config.first_chunk) {
    for (auto& rank : ranks_) rank.speed = 1 + static_cast<unsigned>(random_() % 10);
  }

  /// False when the run did not come to its end.
  bool run() {
    for (int step = 0; step < 200'000 && !is_over(); ++step) turn();
    return is_over() && next_chunk_ == source_.chunks;
  }

  /// A run that is asked to stop after `steps`. False when what was granted was not all written.
  bool drain_after(int steps) {
    for (int step = 0; step < steps; ++step) turn();
    const auto granted = planner_.grants_end();
    planner_.drain();
    const auto end = planner_.grants_end();
    REQUIRE(end >= granted);
    REQUIRE(end < granted + config_.run_chunks);
    for (int step = 0; step < 200'000 && next_chunk_ < planner_.grants_end(); ++step) turn();
    REQUIRE(planner_.grants_end() == std::min(end, source_.chunks));
    return next_chunk_ == planner_.grants_end();
  }

  /// Chunks from the first one on, without a gap.
  bool is_without_gaps() const {
    return granted_.empty() || (*granted_.begin() == config_.first_chunk &&
                                granted_.size() == *granted_.rbegin() + 1 - config_.first_chunk);
  }

  std::uint64_t written() const { return next_chunk_; }
  const std::vector<std::size_t>& rank_of_chunk() const { return rank_of_chunk_; }
  std::uint64_t most_waiting_bytes() const { return most_waiting_; }

 private:
  struct Rank {
    unsigned speed = 1;
    std::deque<std::uint64_t> granted;     // not yet through the model, in the order granted
    std::vector<std::uint64_t> predicted;  // being encoded
    std::map<std::uint64_t, std::uint64_t> outbox;
    std::uint64_t grants = 0;
    std::uint64_t predictions = 0;
    std::uint64_t shipped = 0;
    std::uint64_t reported = 0;  // predictions that the planner knows of
    std::optional<std::uint64_t> last_grant{};
    Status status;
    std::deque<Status> on_the_way;
  };

  bool is_over() const { return planner_.has_granted_end() && next_chunk_ == planner_.grants_end(); }

  void turn() {
    for (std::size_t r = 0; r < ranks_.size(); ++r) work(r);
    write();
    decide(random_() % 4 == 0);
  }

  void work(std::size_t r) {
    auto& rank = ranks_[r];
    const auto awake = [&] { return random_() % 10 < rank.speed; };
    if (!rank.granted.empty() && awake()) {
      rank.predicted.push_back(rank.granted.front());
      rank.granted.pop_front();
      ++rank.predictions;
    }
    if (!rank.predicted.empty() && awake()) {  // the pool finishes in any order
      const auto pick =
          rank.predicted.begin() + static_cast<std::ptrdiff_t>(random_() % rank.predicted.size());
      const auto bytes = (r == 0 ? 0U : 1U) + random_() % 1000;
      rank.outbox[*pick] = bytes;
      rank.status.ready.push_back({*pick, bytes});
      rank.predicted.erase(pick);
    }
    if (random_() % 3 == 0) {
      rank.status.predicted = rank.predictions;
      rank.on_the_way.push_back(rank.status);
      rank.status.ready.clear();
    }
    while (!rank.on_the_way.empty() && random_() % 2 == 0) {
      planner_.update(static_cast<int>(r), rank.on_the_way.front());
      rank.reported = rank.on_the_way.front().predicted;
      rank.on_the_way.pop_front();
    }
  }

  void write() {
    if (random_() % 3 == 0) return;
    for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_chunk_;
         first = waiting_.begin()) {
      waiting_bytes_ -= first->second;
      waiting_.erase(first);
      ++next_chunk_;
    }
  }

  /// More of an open source is there now and then, and some time after the last one its end is known.
  Supply supply() {
    if (source_.read_ahead) {
      const auto held = ready_ - config_.first_chunk - granted_.size();
      if (held < *source_.read_ahead && random_() % 2 == 0)
        ready_ = std::min(source_.chunks, ready_ + 1 + random_() % (*source_.read_ahead - held));
      if (ready_ == source_.chunks && random_() % 4 == 0) end_is_known_ = true;
    }
    return {ready_, end_is_known_ ? std::optional(source_.chunks) : std::nullopt};
  }

  void decide(bool due) {
    const auto plans = planner_.decide({next_chunk_, waiting_bytes_}, supply(), due);
    REQUIRE(plans.size() == ranks_.size());
    std::vector<std::uint64_t> sizes(ranks_.size(), 0);
    for (std::size_t r = 0; r < ranks_.size(); ++r) {
      for (const auto id : plans[r].ship) sizes[r] += ship(r, id);
    }
    sizes[0] = 0;
    const bool gathers = std::ranges::any_of(sizes, [](std::uint64_t size) { return size > 0; });
    for (const auto& plan : plans)
      REQUIRE(plan.gather_sizes == (gathers ? sizes : std::vector<std::uint64_t>{}));
    for (std::size_t r = 0; r < ranks_.size(); ++r) {
      for (const auto id : plans[r].grant) grant(r, id);
      REQUIRE(ranks_[r].grants == planner_.granted(static_cast<int>(r)));
    }
  }

  void grant(std::size_t r, std::uint64_t id) {
    auto& rank = ranks_[r];
    REQUIRE(id >= config_.first_chunk);
    REQUIRE(id < ready_);
    REQUIRE(id < (next_chunk_ / config_.run_chunks + config_.window) * config_.run_chunks);
    REQUIRE(rank_of_run_.try_emplace(id / config_.run_chunks, r).first->second == r);
    if (rank.last_grant) REQUIRE(*rank.last_grant < id);
    rank.last_grant = id;
    REQUIRE(granted_.insert(id).second);
    rank_of_chunk_.resize(std::max<std::size_t>(rank_of_chunk_.size(), id + 1));
    rank_of_chunk_[id] = r;
    rank.granted.push_back(id);
    ++rank.grants;
    REQUIRE(rank.grants - rank.shipped <= config_.max_held);
    REQUIRE(rank.grants - rank.reported <= config_.max_backlog);
  }

  std::uint64_t ship(std::size_t r, std::uint64_t id) {
    const auto found = ranks_[r].outbox.find(id);
    REQUIRE(found != ranks_[r].outbox.end());
    const auto bytes = found->second;
    ranks_[r].outbox.erase(found);
    ++ranks_[r].shipped;
    if (id != next_chunk_) REQUIRE(waiting_bytes_ + bytes <= config_.max_waiting_bytes);
    REQUIRE(waiting_.emplace(id, bytes).second);
    REQUIRE(waiting_.size() <= config_.window * config_.run_chunks);
    waiting_bytes_ += bytes;
    most_waiting_ = std::max(most_waiting_, waiting_bytes_);
    return bytes;
  }

  PlannerConfig config_;
  SimulatedSource source_;
  Planner planner_;
  std::mt19937 random_;
  std::vector<Rank> ranks_;
  std::uint64_t ready_;
  bool end_is_known_;
  std::set<std::uint64_t> granted_;
  std::vector<std::size_t> rank_of_chunk_;
  std::map<std::uint64_t, std::size_t> rank_of_run_;
  std::map<std::uint64_t, std::uint64_t> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t most_waiting_ = 0;
  std::uint64_t next_chunk_;
};

}  // namespace infer::test
