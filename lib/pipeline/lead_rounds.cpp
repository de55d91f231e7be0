#include "pipeline/lead_rounds.hpp"

#include <algorithm>
#include <utility>

namespace infer {
namespace {

constexpr Seconds kLongestWait{0.02};  ///< of a finished chunk for its round

}  // namespace

LeadRounds::LeadRounds(Parts parts, PlannerConfig planner, int group_ranks, Seconds sign_of_life)
    : parts_(parts),
      planner_(planner),
      group_ranks_(static_cast<std::size_t>(group_ranks)),
      run_chunks_(planner.run_chunks),
      orders_(static_cast<std::size_t>(parts.channel.size())),
      sign_of_life_(sign_of_life) {}

void LeadRounds::update(int rank, const Status& status) {
  if (rank % static_cast<int>(group_ranks_) == 0)
    planner_.update(rank / static_cast<int>(group_ranks_), status);
  for (const auto& part : status.parts) parts_.outputs.finished(part);
}

bool LeadRounds::update_own() {
  auto& work = parts_.work;
  work.turn();
  if (!outbox_.collect(work.take_chunks(), work.take_parts(), work.predicted())) return false;
  update(0, outbox_.take_status());
  return true;
}

bool LeadRounds::run_one() {
  const auto supply = parts_.source.supply();
  if (supply.chunks) parts_.outputs.end_at(*supply.chunks);
  const auto written = parts_.outputs.progress();
  parts_.source.rethrow_if_broken(written.next_chunk);
  const bool due = since_gather_.elapsed_s() >= kLongestWait.count();
  auto orders = orders_of_ranks(planner_.decide({written.next_chunk, written.waiting_bytes}, supply, due));
  take_orders();
  const bool idle = std::ranges::all_of(orders, is_idle) &&
                    std::ranges::all_of(orders_, [](const auto& each) { return each.empty(); });
  const bool sign_of_life = since_round_.elapsed_s() >= sign_of_life_.count();
  if (idle && !sign_of_life) return false;
  send(orders, sign_of_life);
  carry_out(orders[0]);
  return !idle;
}

/// Ranks behind the first of a group have nothing to ship, but take part in gathers.
std::vector<Orders> LeadRounds::orders_of_ranks(std::vector<Orders> of_groups) const {
  if (group_ranks_ == 1) return of_groups;
  std::vector<Orders> orders(of_groups.size() * group_ranks_);
  for (std::size_t group = 0; group < of_groups.size(); ++group) {
    auto& first = orders[group * group_ranks_];
    first = std::move(of_groups[group]);
    if (first.gather_sizes.empty()) continue;
    std::vector<std::uint64_t> sizes(orders.size(), 0);
    for (std::size_t each = 0; each < of_groups.size(); ++each)
      sizes[each * group_ranks_] = first.gather_sizes[each];
    for (std::size_t place = 0; place < group_ranks_; ++place)
      orders[group * group_ranks_ + place].gather_sizes = sizes;
  }
  return orders;
}

/// A gather concerns everybody; other plans go only to whom they ask for something, or as a sign of life.
void LeadRounds::send(std::vector<Orders>& orders, bool sign_of_life) {
  if (sign_of_life) since_round_ = {};
  for (std::size_t r = 1; r < orders.size(); ++r) {
    if (is_idle(orders[r]) && orders_[r].empty() && !sign_of_life) continue;
    auto plan = plan_of(std::move(orders[r]));
    plan.finish = std::exchange(orders_[r], {});
    parts_.channel.post(static_cast<int>(r), Tag::plan, serialize(plan));
  }
}

Plan LeadRounds::plan_of(Orders orders) {
  Plan plan;
  for (const auto id : orders.grant) plan.grants.push_back(parts_.source.grant(id));
  plan.ship = std::move(orders.ship);
  plan.gather_sizes = std::move(orders.gather_sizes);
  return plan;
}

void LeadRounds::carry_out(const Orders& orders) {
  for (const auto id : orders.grant) parts_.work.grant(parts_.source.grant(id));
  for (const auto& order : std::exchange(orders_[0], {})) parts_.work.finish(order);
  for (const auto id : orders.ship) {
    for (auto& chunk : outbox_.take(id).outputs) accept(0, std::move(chunk));
  }
  if (!orders.gather_sizes.empty()) gather(orders.gather_sizes);
}

void LeadRounds::gather(const std::vector<std::uint64_t>& sizes) {
  const TimedSpan span(parts_.lane, "gather");
  const Stopwatch watch;
  const auto blocks = parts_.gather.gather({}, sizes);
  parts_.outputs.add_gather(watch.elapsed_s());
  since_gather_ = {};
  for (std::size_t r = 0; r < blocks.size(); ++r) {
    for (ByteReader message(blocks[r]); !message.at_end();) accept(r, deserialize_chunk(message));
  }
}

void LeadRounds::accept(std::size_t rank, EncodedChunk chunk) {
  if (parts_.work.writes_parts()) rank_of_part_.emplace(chunk.range.id / run_chunks_, rank);
  parts_.outputs.accept(rank / group_ranks_, std::move(chunk));
}

void LeadRounds::take_orders() {
  for (const auto& order : parts_.outputs.take_orders()) {
    const auto rank = rank_of_part_.extract(order.part);
    orders_[rank.mapped()].push_back(order);
  }
}

}  // namespace infer
