#include "check/run_check.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "check/elapsed_text.hpp"
#include "check/first_records_lines.hpp"
#include "check/host_lines.hpp"
#include "check/input_lines.hpp"
#include "check/model_lines.hpp"
#include "check/output_lines.hpp"
#include "comm/agreement.hpp"
#include "start/agreed_input.hpp"
#include "start/open_model.hpp"
#include "start/setup_timeout.hpp"
#include "writer/output_name.hpp"

namespace infer {
namespace {

constexpr std::size_t kGatheredBytes = std::size_t{64} << 10U;  ///< of each rank

Finding try_gather(Channel& channel, const RunConfig& config, const Runners& runners) {
  const auto gather = make_run_gather(channel, config, runners);
  const Bytes own(kGatheredBytes);
  const std::vector<std::uint64_t> sizes(static_cast<std::size_t>(channel.size()), own.size());
  const Stopwatch watch;
  gather->gather(own, sizes);
  if (channel.rank() > 0) return {};
  return {Verdict::ok, std::string(gather->name()) + ", 64 KiB of each rank in " + elapsed_text(watch)};
}

/// The ranks must try alike.
void check_gather(Channel& channel, const RunConfig& config, const CheckedShare& share, Checklist& list) {
  const auto fits = broadcast(channel, share.all_fit ? "yes" : "", Deadline(kSetupTimeout));
  list.everywhere("gather", [&] {
    return fits.empty() ? not_looked_at("device") : try_gather(channel, config, share.own->runners);
  });
}

/// Rank 0 uses the model; the ranks that have stages of it serve it, if all have theirs.
void check_with_others(Channel& channel, const RunConfig& config, KnownSoFar known, Checklist& list) {
  const auto have = told_by_all(channel, known.model ? "yes" : "", Deadline(kSetupTimeout));
  const bool lacks_stages = known.share && !known.share->runners.group.is_alone() &&
                            std::ranges::any_of(have, [](const auto& word) { return word.empty(); });
  if (lacks_stages) known.model.reset();
  const auto link = known.model ? known.model->link : nullptr;
  if (channel.rank() > 0) {
    if (link) link->serve_start(Deadline(kSetupTimeout));
    return;
  }
  check_first_records(channel, config, std::move(known), list);
  if (link) link->leave_start();
}

Finding look_at_time(const RunConfig& config) {
  const auto& stops = config.stops;
  if (!stops.time_limit)
    return {Verdict::ok, "no limit; a signal ends the run, which --resume takes up again"};
  const auto text = "the run ends " + seconds_text(Seconds(std::floor(stops.time_limit->count()))) +
                    " s after its start (" + stops.time_limit_source + ")";
  if (output_path(config.output.path).is_direct())
    return {Verdict::warn, text + ", and nothing can be taken up again", "give --output FILE"};
  return {Verdict::ok, text + ", and --resume goes on"};
}

}  // namespace

Verdict check_run(World& world, const RunConfig& config, const Launch& launch,
                  const Checklist::OnLine& on_line) {
  auto& channel = world.channel();
  Checklist list(channel, on_line);
  KnownSoFar known;
  known.file = open_model(world, config);
  check_launch(world, launch, config, list);
  const bool has_model = check_what_ranks_have(channel, config, *known.file, list);
  const auto devices = check_share(world, config, *known.file, list);
  known.share = devices.own;
  const bool has_memory = check_memory(world, *known.file, has_model, config.resources.pipeline_ranks, list);
  const auto* share = has_model && has_memory && known.share ? &*known.share : nullptr;
  known.model =
      check_load(world, known.file, share, has_model ? has_memory ? "device" : "memory" : "model", list);
  known.files = check_input(channel, config.input, list);
  const auto named = known.files ? with_inputs(config, *known.files) : config;
  known.earlier = check_outputs(named, list);
  check_with_others(channel, named, std::move(known), list);
  check_gather(channel, config, devices, list);
  list.on_root("time", [&] { return look_at_time(config); });
  return list.worst();
}

}  // namespace infer
