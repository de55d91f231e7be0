#include "check/run_check.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "check/collected_warnings.hpp"
#include "check/elapsed_text.hpp"
#include "check/host_lines.hpp"
#include "check/input_lines.hpp"
#include "check/model_lines.hpp"
#include "check/output_lines.hpp"
#include "check/sample_score.hpp"
#include "comm/agreement.hpp"
#include "comm/make_gather.hpp"
#include "config/defaults.hpp"
#include "rounds/rank_watch.hpp"
#include "start/earlier/run_start.hpp"
#include "start/earlier/to_score.hpp"
#include "start/setup_timeout.hpp"
#include "start/stage_config.hpp"
#include "writer/output_file.hpp"

namespace infer {
namespace {

constexpr std::size_t kGatheredBytes = std::size_t{64} << 10U;  ///< of each rank

/// What the lines before have shown, on this rank; empty where they failed.
struct Known {
  std::shared_ptr<const ModelFile> file;
  std::optional<RankShare> share;
  std::optional<LoadedModel> model;
  std::optional<std::vector<InputFile>> files;
  std::optional<FoundOutput> earlier;  ///< on rank 0
};

/// Rank 0's part: what the first records are, what comes of them, and where the run would begin.
class FirstRecordsCheck {
 public:
  FirstRecordsCheck(Channel& channel, const RunConfig& config, Known& known, Checklist& list)
      : channel_(channel), config_(config), known_(known), list_(list) {}

  void run() {
    if (!known_.files || !known_.model) return skip_all(known_.files ? "load" : "input");
    const auto chosen = finding_by([&] {
      to_score_ = choose_records(config_, *known_.files, known_.earlier.value_or(FoundOutput()), chunk_rows(),
                                 warnings_);
      return Finding();
    });
    if (chosen.verdict != Verdict::ok) return list_.on_root("start", [&] { return chosen; });
    auto scorer = check_trial(channel_, config_, std::move(*known_.model), *to_score_.source, list_);
    if (!scorer) return skip({"records", "scored", "start", "disk"}, "trial");
    pipeline_ = pipeline_config(config_, *scorer, *known_.files, known_.share->pool_threads);
    check_records(config_, *known_.files, pipeline_.decoder, list_);
    check_score(*scorer);
    check_start();
    check_room();
  }

 private:
  std::uint64_t chunk_rows() const { return known_.share->runners.on_cpu() ? kChunkRows : kGpuChunkRows; }

  void skip(std::initializer_list<const char*> lines, const std::string& lacking) {
    for (const char* line : lines) list_.on_root(line, [&] { return not_looked_at(lacking); });
  }
  void skip_all(const std::string& lacking) {
    skip({"trial", "signature", "records", "scored", "start", "disk"}, lacking);
  }

  void check_score(const Scorer& scorer) {
    list_.on_root("scored", [&] {
      const auto sample = to_score_.source->first_records(config_.input.max_record_bytes);
      if (sample.records.empty()) return Finding{Verdict::skip, "there is no record"};
      score_ = score_first(sample, pipeline_, scorer.model.models, config_.stops.stall_timeout);
      return finding_of_score(*score_);
    });
  }

  Finding finding_of_score(const SampleScore& score) const {
    const auto text = std::to_string(score.records) + " of the first records, " +
                      std::to_string(score.output_bytes / score.records) + " bytes a row";
    if (score.failed == 0) return {Verdict::ok, text};
    return {weight_of_failures(config_.output, score.failed),
            text + ", " + std::to_string(score.failed) + " failed: " + score.first_failure,
            "look at the records, or let them fail with --max-errors N or P%"};
  }

  /// As the run would settle it, by what stands under the output's name.
  void check_start() {
    if (!known_.earlier) return skip({"start"}, "output");
    list_.on_root("start", [&] {
      start_ = settle_start(config_, *known_.file, *known_.earlier, to_score_, pipeline_,
                            known_.share->runners, warnings_);
      return Finding{Verdict::ok, start_text()};
    });
    for (const auto& warning : warnings_.take())
      list_.on_root("start", [&] { return finding_of(Verdict::warn, warning); });
  }

  std::string start_text() const {
    if (!start_->nothing_to_do.empty()) return "nothing is left to do: " + start_->nothing_to_do;
    const auto chunks = to_score_.source->supply().chunks;
    const auto all = chunks ? " of " + std::to_string(*chunks) + " chunks" : "";
    if (start_->from.chunks > 0)
      return "goes on after " + std::to_string(start_->from.chunks) + all + ", " +
             std::to_string(start_->from.rows) + " rows";
    if (to_score_.selected)
      return "scores " + std::to_string(to_score_.selected->records()) + " records again";
    return "from the beginning" + (chunks ? ", " + std::to_string(*chunks) + " chunks" : std::string());
  }

  void check_room() {
    if (!known_.earlier || !score_) return skip({"disk"}, known_.earlier ? "scored" : "output");
    const auto all = to_score_.source->input_bytes().value_or(0);
    const auto done = start_ ? start_->from.input_bytes : 0;
    check_disk(config_, all - std::min(all, done), *score_, list_);
  }

  Channel& channel_;
  const RunConfig& config_;
  Known& known_;
  Checklist& list_;
  CollectedWarnings warnings_;
  ToScore to_score_;
  PipelineConfig pipeline_;
  std::optional<SampleScore> score_;
  std::optional<RunStart> start_;
};

/// Where every rank knows its device: the ranks must try alike.
bool can_gather(Channel& channel, const std::optional<RankShare>& share) {
  const auto all =
      collect(channel, share ? (share->runners.on_cpu() ? "cpu" : "gpu") : "", Deadline(kSetupTimeout));
  const bool alike = !all.empty() && !all[0].empty() && std::ranges::count(all, all[0]) == std::ssize(all);
  return !broadcast(channel, alike ? "yes" : "", Deadline(kSetupTimeout)).empty();
}

Finding try_gather(Channel& channel, const RunConfig& config, const Runners& runners) {
  const int gpu = runners.on_cpu() ? -1 : cuda_device_number(runners.devices.front());
  const auto gather =
      make_gather(channel, config.resources.gather, !runners.on_cpu(), gpu, config.stops.comm_timeout);
  const Bytes own(kGatheredBytes);
  const std::vector<std::uint64_t> sizes(static_cast<std::size_t>(channel.size()), own.size());
  const Stopwatch watch;
  gather->gather(own, sizes);
  if (channel.rank() > 0) return {};
  return {Verdict::ok, std::string(gather->name()) + ", 64 KiB of each rank in " + elapsed_text(watch)};
}

void check_gather(Channel& channel, const RunConfig& config, const std::optional<RankShare>& share,
                  Checklist& list) {
  const bool can = can_gather(channel, share);
  list.everywhere(
      "gather", [&] { return can ? try_gather(channel, config, share->runners) : not_looked_at("device"); });
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
  Known known;
  known.file = std::make_shared<const ModelFile>(config.model.path);
  check_launch(world, launch, config, list);
  const bool has_model = check_what_ranks_have(channel, config, *known.file, list);
  known.share = check_share(world, config, *known.file, list);
  const bool has_memory = check_memory(world, *known.file, has_model, list);
  const auto* share = has_model && has_memory && known.share ? &*known.share : nullptr;
  known.model =
      check_load(world, known.file, share, has_model ? has_memory ? "device" : "memory" : "model", list);
  known.files = check_input(channel, config.input, list);
  known.earlier = check_outputs(config, list);
  if (channel.rank() == 0) FirstRecordsCheck(channel, config, known, list).run();
  check_gather(channel, config, known.share, list);
  list.on_root("time", [&] { return look_at_time(config); });
  return list.worst();
}

}  // namespace infer
