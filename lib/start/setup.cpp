#include "start/setup.hpp"

#include <functional>
#include <span>
#include <string>
#include <utility>

#include "comm/agreement.hpp"
#include "start/agreed_facts.hpp"
#include "start/agreed_input.hpp"
#include "start/earlier/input_scan.hpp"
#include "start/open_model.hpp"
#include "start/parts/earlier_parts.hpp"
#include "start/parts/shared_folder.hpp"
#include "start/rank_share.hpp"
#include "start/reuse/share_reuse.hpp"
#include "start/setup_timeout.hpp"
#include "start/several/preparing.hpp"
#include "start/stage_config.hpp"
#include "start/trace.hpp"
#include "worker/column_choices.hpp"

namespace infer {
namespace {

/// Values one after the other: each is made of those before it and changes none of them.
class Preparation {
 public:
  Preparation(World& world, const RunConfig& config, RunObserver& observer)
      : world_(world), channel_(world.channel()), config_(config), observer_(observer) {
    for (auto& own : outputs_of(config)) outputs_.push_back({std::move(own)});
  }

  std::variant<RunSetup, NothingToDo> prepare() {
    StartTimes times;
    times.libraries = Seconds(common().command.main_start - common().command.process_start).count();
    times.session = elapsed();
    auto timeline = make_timeline(common(), channel_.size());
    for (auto& output : outputs_) {
      output.file = open_model(world_, output.config);
      const auto& facts_of = &output == &outputs_.front() ? config_ : output.config;  // of all, how many
      agree_on_facts(channel_, facts_of, *output.file, observer_, Deadline(kSetupTimeout));
    }
    const auto files = open_input(channel_, common().input);
    for (auto& output : outputs_) output.config = with_inputs(std::move(output.config), files);
    for (auto& output : outputs_) output.share = agree_on_share(output);
    const auto time_to_scan = kSetupTimeout + scan_time(files);
    ToScore to_score;
    agree_with_root(channel_, Deadline(time_to_scan), [&] {
      claim_all(outputs_);
      to_score = choose_records_of_all(outputs_, files, channel_.size(), observer_);
    });
    if (!common().output.dir.empty()) agree_on_folder(channel_, common().output.dir, Deadline(kSetupTimeout));
    auto placements = agree_on_placement(channel_, devices_of_all(outputs_));
    times.plan = elapsed();
    std::vector<LoadedModel> models;
    for (const auto& output : outputs_)
      models.push_back(load_on_ranks(world_, output.file, output.share.runners, timeline));
    times.model = elapsed();
    wait_for_source([&](Seconds limit) { return to_score.source->wait_for_records(limit); });
    auto pipeline = make_pipeline(std::move(models), to_score.source.get(), files);
    pipeline.timeline = std::move(timeline);
    agree_with_root(channel_, Deadline(time_to_scan), [&] { settle_starts(to_score, pipeline.scorings); });
    wait_for_source(
        [&](Seconds limit) { return !is_compared_ || to_score.source->wait_until_behind(limit); });
    const auto nothing_to_do = leave_complete();
    if (outputs_.empty()) return NothingToDo{nothing_to_do};
    settle_scorings();
    pipeline.scorings = scorings_of_all(outputs_);
    ManifestSum parts_done;
    auto parts = settle_parts(to_score.source.get(), pipeline.max_held, outputs_.front().start, parts_done);
    times.signature = elapsed();
    RunSetup setup{
        std::move(pipeline), {}, make_run_gather(channel_, common(), devices_of_all(outputs_)), times,
        std::move(parts),    {}};
    for (auto& output : outputs_) setup.outputs.push_back(prepared(std::move(output)));
    if (is_root()) setup.lead = LeadSetup{std::move(to_score.source), parts_done, std::move(placements)};
    return setup;
  }

 private:
  const RunConfig& common() const { return outputs_.front().config; }
  double elapsed() const { return Seconds(Clock::now() - common().command.process_start).count(); }
  bool is_root() const { return channel_.rank() == 0; }

  /// What is said of one of several outputs is told with its name.
  std::string attributed(const RunConfig& output, const std::string& text) const {
    return outputs_.size() == 1 ? text : output.output.path + ": " + text;
  }

  void whose_problem(const RunConfig& output, const std::function<void()>& step) const {
    try {
      step();
    } catch (const AgreedError& error) {
      if (outputs_.size() == 1) throw;
      throw AgreedError(error.code(), attributed(output, error.what()));
    }
  }

  /// Rank 0, which has the source, tries each model on its first records.
  PipelineConfig make_pipeline(std::vector<LoadedModel> models, Source* source,
                               const std::vector<InputFile>& files) {
    std::vector<ScoringConfig> scorings;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      auto& [config, file, share, claim, scorer, scoring, start, facts] = outputs_[i];
      const auto warn = [&](const std::string& text) { observer_.warning(0, attributed(config, text)); };
      whose_problem(config,
                    [&] { scorer = make_scorer(channel_, config, std::move(models[i]), source, warn); });
      scoring = scoring_config(config, scorer);
      scorings.push_back(scoring);
    }
    const auto& first = outputs_.front();
    auto pipeline =
        pipeline_config(common(), std::move(scorings), first.scorer.model, files, first.share.pool_threads);
    pipeline.serialize = !is_root();
    pipeline.max_held = held_at_most(pipeline);
    return pipeline;
  }

  /// On rank 0.
  void settle_starts(const ToScore& to_score, std::span<const ScoringConfig> scorings) {
    InputDigests digests(common(), to_score.source->files(), column_choices(scorings), observer_);
    for (auto& output : outputs_) {
      output.start = settle_start(output.config, *output.file, output.claim.output, to_score, output.scoring,
                                  output.scorer.model.runners, digests, observer_);
    }
    const auto scored = scored_of_all(outputs_);
    is_compared_ = !scored.empty();
    if (is_compared_) to_score.source->go_on_behind(scored.front(), {scored.begin() + 1, scored.end()});
  }

  /// Drops outputs of which nothing is left to do; says why.
  std::string leave_complete() {
    std::vector<std::string> reasons;
    for (const auto& output : outputs_)
      reasons.push_back(broadcast(channel_, output.start.nothing_to_do, Deadline(kSetupTimeout)));
    std::string all;
    std::size_t at = 0;
    for (const auto& reason : reasons) {
      if (reason.empty()) {
        ++at;
        continue;
      }
      all += (all.empty() ? "" : "; ") + reason;
      outputs_.erase(outputs_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    if (is_root() && !all.empty() && !outputs_.empty()) observer_.notice(all);
    return all;
  }

  /// What of them is known only now that all ranks know what is to be done.
  void settle_scorings() {
    for (auto& output : outputs_) output.key_facts = share_key_facts(channel_, output.start.key_facts);
    const auto facts_of_all = key_facts_of_all(outputs_);
    for (auto& [config, file, share, claim, scorer, scoring, start, facts] : outputs_) {
      auto& encoder = scoring.encoder;
      encoder.leaves_packing = is_retry(start);
      encoder.with_keys = config.output.keys;
      scoring.decoder.reuse = share_reuse(world_, config, encoder, facts, facts_of_all, observer_);
      encoder.cache = scoring.decoder.reuse.cache;
      scoring.first_chunk =
          std::stoull(broadcast(channel_, std::to_string(start.from.chunks), Deadline(kSetupTimeout)));
    }
  }

  /// Ranks may differ in cores, and rank 0 grants to all by its own limit.
  std::size_t held_at_most(const PipelineConfig& pipeline) {
    return std::stoull(broadcast(channel_, std::to_string(pipeline.max_held), Deadline(kSetupTimeout)));
  }

  /// However long rank 0's source takes: ranks hear of each other meanwhile.
  void wait_for_source(const std::function<bool(Seconds)>& is_there) {
    constexpr Seconds kTurn{1};
    for (std::string word; word.empty();) {
      agree_with_root(channel_, Deadline(kSetupTimeout), [&] {
        if (is_there(kTurn)) {
          word = "there";
        } else {
          check_time();
        }
      });
      word = broadcast(channel_, word, Deadline(kSetupTimeout));
    }
  }

  /// Which rank 0 knows.
  bool is_retry(const RunStart& start) {
    return !broadcast(channel_, start.retry ? "a retry" : "", Deadline(kSetupTimeout)).empty();
  }

  /// Rank 0 has the source, and is told what is finished already. The rows of a retry are all its own.
  std::optional<PartsSetup> settle_parts(const Source* source, std::size_t max_held, RunStart& start,
                                         ManifestSum& done) {
    std::optional<PartsSetup> parts;
    if (common().output.dir.empty()) return parts;
    agree_with_root(channel_, Deadline(kSetupTimeout), [&] {
      if (start.retry) {
        auto& retried = start.retry->parts.value();
        retried.done = keep_parts(common().output, retried.names, start.from, true).parts;
        return;
      }
      const auto chunks = part_chunks(common().output, *source);
      parts = {choose_part_names(common().output), chunks,
               most_begun_parts(chunks, max_held, channel_.size())};
      done = keep_parts(common().output, parts->names, start.from).sum;
    });
    return share_parts_setup(channel_, parts, Deadline(kSetupTimeout));
  }

  void check_time() const {
    const auto& stops = common().stops;
    if (!stops.time_limit || Clock::now() - common().command.process_start <= *stops.time_limit) return;
    throw StoppedError("the time limit of " + seconds_text(*stops.time_limit) + " s (" +
                       stops.time_limit_source +
                       ") was over before the first record that is to be scored came");
  }

  RankShare agree_on_share(const Preparing& output) {
    RankShare share;
    agree(channel_, Deadline(kSetupTimeout), [&] {
      share = choose_share(world_, output.config, *output.file, observer_);
      if (&output == &outputs_.front()) advise_on_binding(world_, output.config, observer_);
    });
    return share;
  }

  World& world_;
  Channel& channel_;
  const RunConfig& config_;
  RunObserver& observer_;
  std::vector<Preparing> outputs_;
  bool is_compared_ = false;  // on rank 0: the source's first chunks, with what was scored
};

}  // namespace

std::variant<RunSetup, NothingToDo> prepare_run(World& world, const RunConfig& config,
                                                RunObserver& observer) {
  return Preparation(world, config, observer).prepare();
}

}  // namespace infer
