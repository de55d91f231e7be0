#include "start/setup.hpp"

#include <functional>
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
#include "start/stage_config.hpp"
#include "start/trace.hpp"

namespace infer {
namespace {

/// Values one after the other: each is made of those before it and changes none of them.
class Preparation {
 public:
  Preparation(World& world, RunConfig config, RunObserver& observer)
      : world_(world), channel_(world.channel()), config_(std::move(config)), observer_(observer) {}

  std::variant<RunSetup, NothingToDo> prepare() {
    StartTimes times;
    times.libraries = Seconds(config_.command.main_start - config_.command.process_start).count();
    times.session = elapsed();
    auto timeline = make_timeline(config_, channel_.size());
    const auto file = open_model(world_, config_);
    agree_on_facts(channel_, config_, *file, observer_, Deadline(kSetupTimeout));
    const auto files = open_input(channel_, config_.input);
    config_ = with_inputs(std::move(config_), files);
    const auto share = agree_on_share(*file);
    const auto time_to_scan = kSetupTimeout + scan_time(files);
    OutputClaim claim;
    ToScore to_score;
    agree_with_root(channel_, Deadline(time_to_scan), [&] {
      claim = claim_outputs(config_);
      to_score = choose_records(config_, files, claim.output, chunk_rows(share.runners, *file),
                                channel_.size(), observer_);
    });
    if (!config_.output.dir.empty()) agree_on_folder(channel_, config_.output.dir, Deadline(kSetupTimeout));
    auto placements = agree_on_placement(channel_, share.runners);
    times.plan = elapsed();
    auto model = load_on_ranks(world_, file, share.runners, timeline);
    times.model = elapsed();
    wait_for_source([&](Seconds limit) { return to_score.source->wait_for_records(limit); });
    auto scorer = make_scorer(channel_, config_, std::move(model), to_score.source.get(), observer_);
    auto pipeline = pipeline_config(config_, scorer, files, share.pool_threads);
    pipeline.serialize = !is_root();
    pipeline.max_held = held_at_most(pipeline);
    pipeline.timeline = std::move(timeline);
    RunStart start;
    agree_with_root(channel_, Deadline(time_to_scan), [&] {
      start = settle_start(config_, *file, claim.output, to_score, pipeline, scorer.model.runners, observer_);
    });
    if (start.behind) to_score.source->go_on_behind(*start.behind);
    wait_for_source(
        [&](Seconds limit) { return !start.behind || to_score.source->wait_until_behind(limit); });
    const auto nothing_to_do = broadcast(channel_, start.nothing_to_do, Deadline(kSetupTimeout));
    if (!nothing_to_do.empty()) return NothingToDo{nothing_to_do};
    pipeline.encoder.leaves_packing = is_retry(start);
    pipeline.encoder.with_keys = config_.output.keys;
    const auto key_facts = share_key_facts(channel_, start.key_facts);
    pipeline.decoder.reuse = share_reuse(world_, config_, pipeline.encoder, key_facts, observer_);
    pipeline.encoder.cache = pipeline.decoder.reuse.cache;
    ManifestSum parts_done;
    auto parts = settle_parts(to_score.source.get(), pipeline.max_held, start, parts_done);
    times.signature = elapsed();
    RunSetup setup{std::move(pipeline),
                   std::move(scorer.model),
                   make_run_gather(channel_, config_, share.runners),
                   times,
                   config_.output.keys ? std::optional(KeysHead{key_facts}) : std::nullopt,
                   std::move(parts),
                   {}};
    if (is_root())
      setup.lead = LeadSetup{std::move(to_score.source), std::move(claim), std::move(start), parts_done,
                             std::move(placements)};
    return setup;
  }

 private:
  double elapsed() const { return Seconds(Clock::now() - config_.command.process_start).count(); }
  bool is_root() const { return channel_.rank() == 0; }

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
    if (config_.output.dir.empty()) return parts;
    agree_with_root(channel_, Deadline(kSetupTimeout), [&] {
      if (start.retry) {
        auto& retried = start.retry->parts.value();
        retried.done = keep_parts(config_.output, retried.names, start.from, true).parts;
        return;
      }
      const auto chunks = part_chunks(config_.output, *source);
      parts = {choose_part_names(config_.output), chunks,
               most_begun_parts(chunks, max_held, channel_.size())};
      done = keep_parts(config_.output, parts->names, start.from).sum;
    });
    return share_parts_setup(channel_, parts, Deadline(kSetupTimeout));
  }

  void check_time() const {
    const auto& stops = config_.stops;
    if (!stops.time_limit || Clock::now() - config_.command.process_start <= *stops.time_limit) return;
    throw StoppedError("the time limit of " + seconds_text(*stops.time_limit) + " s (" +
                       stops.time_limit_source +
                       ") was over before the first record that is to be scored came");
  }

  RankShare agree_on_share(const ModelFile& model) {
    RankShare share;
    agree(channel_, Deadline(kSetupTimeout),
          [&] { share = choose_share(world_, config_, model, observer_); });
    return share;
  }

  World& world_;
  Channel& channel_;
  RunConfig config_;
  RunObserver& observer_;
};

}  // namespace

std::variant<RunSetup, NothingToDo> prepare_run(World& world, const RunConfig& config,
                                                RunObserver& observer) {
  return Preparation(world, config, observer).prepare();
}

}  // namespace infer
