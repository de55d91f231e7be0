#include "check/host_lines.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/message.hpp"
#include "base/text.hpp"
#include "check/bytes_text.hpp"
#include "check/collected_warnings.hpp"
#include "check/host_memory.hpp"
#include "comm/agreement.hpp"
#include "start/cpu_share.hpp"
#include "start/setup_timeout.hpp"

namespace infer {
namespace {

std::string share_text(const RankShare& share, const Placement& placement) {
  const auto& runners = share.runners;
  auto text = runners.on_cpu() ? "" : joined(runners.devices, ", ") + ": ";
  if (!placement.device_ids.empty()) text += joined(placement.device_ids, ", ") + ", ";
  return text + describe_runners(runners) + ", " + counted(share.pool_threads, "thread") +
         " to decode and encode";
}

/// Whether each rank has a device, and they go together; false on others than rank 0.
bool check_devices_of_all(Channel& channel, const std::string& own, Checklist& list) {
  const auto all = collect(channel, own, Deadline(kSetupTimeout));
  if (all.empty() || std::ranges::find(all, "") != all.end()) return false;
  const auto together = finding_by([&] {
    joint_placements(all);
    return Finding();
  });
  if (together.verdict == Verdict::ok) return true;
  list.on_root("device", [&] { return together; });
  return false;
}

/// Ranks of one host that have fewer cores than they are, host by host.
void check_crowding(Channel& channel, Checklist& list) {
  const auto all = collect(channel, as_text(to_message(core_numbers())), Deadline(kSetupTimeout));
  std::map<std::string, std::vector<std::vector<int>>> hosts;
  for (std::size_t rank = 0; rank < all.size(); ++rank)
    hosts[channel.host_of(static_cast<int>(rank))].push_back(
        from_message<std::vector<int>>(as_byte_view(all[rank])));
  for (const auto& [host, ranks] : hosts) {
    const auto advice = crowding_advice(ranks);
    if (advice) list.on_root("cores", [&] { return finding_of(Verdict::warn, host + ": " + *advice); });
  }
}

Finding look_at_cores(int local_size) {
  const auto numbers = core_numbers();
  const auto advice = binding_advice(available_cores(), host_cores(), local_size);
  if (advice) return finding_of(Verdict::warn, *advice);
  return {Verdict::ok, std::to_string(numbers.size()) + " of " + std::to_string(host_cores()) + " (" +
                           core_list(numbers) + ") for " + counted(local_size, "rank") + " of the host"};
}

/// `shared`: what weights outside of the model take, once for all ranks.
Finding look_at_memory(std::uint64_t bytes, std::uint64_t shared, int ranks, std::uint64_t room) {
  const auto needed = bytes * static_cast<std::uint64_t>(ranks) + shared;
  const auto text = counted(ranks, "rank") + " of the host " + (ranks == 1 ? "loads " : "load ") +
                    bytes_text(bytes) + (ranks == 1 ? "" : " each") +
                    (shared == 0 ? "" : " and share weights of " + bytes_text(shared)) + ", and it has " +
                    bytes_text(room);
  if (needed <= room) return {Verdict::ok, text};
  return {Verdict::fail, text, "start fewer ranks on a host, or give the job more memory"};
}

}  // namespace

CheckedShare check_share(World& world, const RunConfig& config, const ModelFile& model, Checklist& list) {
  CheckedShare share;
  std::string placement;
  CollectedWarnings warnings;
  list.everywhere("device", [&] {
    const auto chosen = choose_share(world, config, model, warnings);
    const auto own = own_placement(world.channel().host(), chosen.runners.devices);
    placement = placement_text(own);
    share.own = chosen;
    return Finding{Verdict::ok, share_text(chosen, own)};
  });
  for (const auto& warning : warnings.take())
    list.on_root("device", [&] { return finding_of(Verdict::warn, warning); });
  share.all_fit = check_devices_of_all(world.channel(), placement, list);
  list.everywhere("cores", [&] { return look_at_cores(world.local_size()); });
  check_crowding(world.channel(), list);
  return share;
}

bool check_memory(World& world, const ModelFile& model, bool has_model, int model_ranks, Checklist& list) {
  const auto room = available_memory();
  const auto own = finding_by([&] {
    if (!has_model) return not_looked_at("model");
    if (!room) return Finding{Verdict::warn, "the system does not tell how much there is"};
    const auto weights = model.weights();
    const auto each = model.bytes() / static_cast<std::uint64_t>(model_ranks);
    return look_at_memory(each, weights ? weights->bytes() : 0, world.local_size(), *room);
  });
  // Of the ranks of a host one speaks: they see different moments.
  list.everywhere("memory", [&] { return world.local_rank() == 0 ? own : Finding(); });
  return own.verdict != Verdict::fail;
}

}  // namespace infer
