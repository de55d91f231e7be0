#include "rounds/planner.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.hpp"

namespace infer {

bool is_idle(const Orders& orders) {
  return orders.grant.empty() && orders.ship.empty() && orders.gather_sizes.empty();
}

Planner::Planner(PlannerConfig config)
    : config_(config),
      ranks_(static_cast<std::size_t>(config.ranks)),
      next_run_((config.first_chunk + config.run_chunks - 1) / config.run_chunks),
      grants_end_(config.first_chunk) {
  const auto ranks = ranks_.size();
  for (std::size_t r = 0; r < ranks; ++r) {
    const auto whole_turns = (next_run_ + ranks - 1 - r) / ranks;
    ranks_[r].next_run = r + whole_turns * ranks;
  }
}

void Planner::drain() {
  const auto runs = (grants_end_ + config_.run_chunks - 1) / config_.run_chunks;
  drained_at_ = std::min(drained_at_, runs * config_.run_chunks);
}

void Planner::update(int rank, const Status& status) {
  ranks_[static_cast<std::size_t>(rank)].predicted = status.predicted;
  for (const auto& chunk : status.ready) {
    const bool is_new = finished_.try_emplace(chunk.id, Finished{rank, chunk.bytes}).second;
    INFER_ASSERT(is_new);
    finished_bytes_ += chunk.bytes;
  }
}

bool Planner::has_room(const RankState& rank, std::uint64_t backlog) const {
  return rank.granted - rank.predicted < backlog && rank.granted - rank.shipped < config_.max_held;
}

/// Chunks of runs that nobody has yet; without end while the source's is not known.
std::uint64_t Planner::left() const {
  const auto begin = next_run_ * config_.run_chunks;
  return end() - std::min(end(), begin);
}

/// Chunks that a rank is still to put through its model, with the rest of its run.
std::uint64_t Planner::before(const RankState& rank) const {
  const auto run_end = std::min(rank.run_end, end());
  return rank.granted - rank.predicted + run_end - std::min(run_end, rank.next);
}

/// Towards the end a rank gets ever fewer chunks in advance, so that a slow one does not sit on several when
/// the others have none left (guided self-scheduling: Polychronopoulos and Kuck 1987).
std::uint64_t Planner::dynamic_backlog() const {
  if (ranks_.size() == 1) return config_.max_backlog;
  const auto share = left() / (4 * ranks_.size());
  return std::clamp<std::uint64_t>(share, 1, config_.max_backlog);
}

/// Whether `rank`, by its pace so far, would be through with one more run before the others could have done
/// all that are left. Always so for the one that would be through first.
bool Planner::would_help(const RankState& rank) const {
  const auto run = static_cast<double>(config_.run_chunks);
  const auto pace = [](const RankState& each) { return std::max(0.5, static_cast<double>(each.predicted)); };
  const auto until_through = (static_cast<double>(before(rank)) + run) / pace(rank);
  const auto runs_left = std::ceil(static_cast<double>(left()) / run);
  double sooner_by_others = 0;
  for (const auto& other : ranks_) {
    if (&other == &rank || other.granted - other.shipped >= config_.max_held) continue;
    const auto chunks = until_through * pace(other) - static_cast<double>(before(other));
    sooner_by_others += std::max(0.0, std::ceil(chunks / run) - 1);
    if (sooner_by_others >= runs_left) return false;
  }
  return true;
}

/// Nobody knows yet how fast a rank is that is new: among several it gets few at first.
bool Planner::is_ready_for_one(const RankState& rank) const {
  const auto backlog = dynamic_backlog();
  return has_room(rank, ranks_.size() == 1 ? backlog : std::min(backlog, 2 * (rank.predicted + 1)));
}

void Planner::begin_run(RankState& rank, std::uint64_t run) const {
  rank.next = run * config_.run_chunks;
  rank.run_end = rank.next + config_.run_chunks;
}

void Planner::go_on_with_run(RankState& rank, Orders& orders, std::uint64_t limit) {
  for (const auto run_end = std::min(rank.run_end, limit);
       rank.next < run_end && has_room(rank, config_.max_backlog); ++rank.next) {
    orders.grant.push_back(rank.next);
    ++rank.granted;
    grants_end_ = std::max(grants_end_, rank.next + 1);
  }
}

/// Run by run to the rank with the least before it, so that the first ones spread over all ranks. One that
/// would not help now will not do so after others got more, either.
void Planner::grant_dynamic(std::vector<Orders>& orders, std::uint64_t limit) {
  for (std::size_t r = 0; r < ranks_.size(); ++r) go_on_with_run(ranks_[r], orders[r], limit);
  std::vector<bool> passed_over(ranks_.size(), false);
  while (next_run_ * config_.run_chunks < limit) {
    std::optional<std::size_t> least;
    for (std::size_t r = 0; r < ranks_.size(); ++r) {
      const auto& rank = ranks_[r];
      const bool is_free = !passed_over[r] && rank.next == rank.run_end && is_ready_for_one(rank);
      if (is_free && (!least || before(rank) < before(ranks_[*least]))) least = r;
    }
    if (!least) return;
    if (!would_help(ranks_[*least])) {
      passed_over[*least] = true;
      continue;
    }
    begin_run(ranks_[*least], next_run_++);
    go_on_with_run(ranks_[*least], orders[*least], limit);
  }
}

void Planner::grant_static(std::vector<Orders>& orders, std::uint64_t limit) {
  for (std::size_t r = 0; r < ranks_.size(); ++r) {
    auto& rank = ranks_[r];
    go_on_with_run(rank, orders[r], limit);
    for (; rank.next == rank.run_end && rank.next_run * config_.run_chunks < limit &&
           has_room(rank, config_.max_backlog);
         rank.next_run += ranks_.size()) {
      begin_run(rank, rank.next_run);
      go_on_with_run(rank, orders[r], limit);
    }
  }
}

/// A round costs every rank's main thread a little, so results wait for company, but not long, and not while
/// everybody waits for them.
bool Planner::round_pays(bool ship_due) const {
  const bool nobody_works =
      std::ranges::all_of(ranks_, [](const RankState& rank) { return rank.granted == rank.predicted; });
  return ship_due || nobody_works || finished_bytes_ >= config_.ship_at_bytes;
}

/// In input order while there is room on rank 0; the chunk that the writer waits for always has room.
/// Without a round, rank 0's own chunks go as far as no other rank's comes before them.
void Planner::ship(std::vector<Orders>& orders, const WriterState& writer, bool with_round) {
  std::vector<std::uint64_t> sizes(ranks_.size(), 0);
  auto waiting = writer.waiting_bytes;
  while (!finished_.empty()) {
    const auto [id, chunk] = *finished_.begin();
    if (chunk.rank != 0 && !with_round) break;
    if (id != writer.next_chunk && waiting + chunk.bytes > config_.max_waiting_bytes) break;
    const auto rank = static_cast<std::size_t>(chunk.rank);
    orders[rank].ship.push_back(id);
    if (rank != 0) sizes[rank] += chunk.bytes;
    ++ranks_[rank].shipped;
    waiting += chunk.bytes;
    finished_bytes_ -= chunk.bytes;
    finished_.erase(finished_.begin());
  }
  if (std::ranges::any_of(sizes, [](std::uint64_t size) { return size > 0; })) {
    for (auto& each : orders) each.gather_sizes = sizes;
  }
}

std::vector<Orders> Planner::decide(const WriterState& writer, const Supply& supply, bool ship_due) {
  chunks_ = supply.chunks.value_or(kOpen);
  std::vector<Orders> orders(ranks_.size());
  ship(orders, writer, round_pays(ship_due));
  const auto window_end = (writer.next_chunk / config_.run_chunks + config_.window) * config_.run_chunks;
  const auto limit = std::min({supply.ready, drained_at_, window_end});
  if (config_.schedule == Schedule::dynamic_grants) {
    grant_dynamic(orders, limit);
  } else {
    grant_static(orders, limit);
  }
  return orders;
}

}  // namespace infer
