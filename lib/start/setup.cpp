#include "start/setup.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/text.hpp"
#include "comm/agreement.hpp"
#include "comm/make_gather.hpp"
#include "config/defaults.hpp"
#include "model/unpacking.hpp"
#include "reader/selected_chunks.hpp"
#include "signature/signature.hpp"
#include "start/agreed_facts.hpp"
#include "start/agreed_input.hpp"
#include "start/cpu_share.hpp"
#include "start/file_roles.hpp"
#include "start/input_scan.hpp"
#include "start/run_record.hpp"
#include "start/stage_config.hpp"
#include "start/trace.hpp"
#include "trial/resolve_signature.hpp"
#include "writer/output_file.hpp"

namespace infer {
namespace {

constexpr Seconds kSetupTimeout{1800};  ///< loading a large model from a slow file system takes minutes
constexpr int kMaxPoolThreads = 16;
constexpr const char* kEarlierOutput = "the earlier output";  ///< of a retry, which no finished output shows

double seconds_since(Clock::time_point start) { return Seconds(Clock::now() - start).count(); }

class Preparation {
 public:
  Preparation(World& world, const RunConfig& config, RunObserver& observer)
      : world_(world), channel_(world.channel()), config_(config), observer_(observer) {
    setup_.model_file = std::make_shared<const ModelFile>(config.model.path);
  }

  RunSetup prepare() {
    setup_.times.libraries = Seconds(config_.command.main_start - config_.command.process_start).count();
    setup_.times.session = elapsed();
    setup_.pipeline.timeline = make_timeline(config_, channel_.size());
    agree_on_facts(channel_, config_, *setup_.model_file, observer_, Deadline(kSetupTimeout));
    agree_on([&] { files_ = open_inputs(config_); });
    agree_on([&] { choose_how_to_run(); });
    agree_on_chunks();
    agree_on_placement();
    setup_.times.plan = elapsed();
    agree_on([&] { check_room_to_unpack(*setup_.model_file, world_.local_size()); });
    agree_on([&] {
      bundle_ = setup_.model_file->bundle();
      setup_.models = load_runners(*setup_.model_file, setup_.runners);
    });
    setup_.times.model = elapsed();
    agree_on_signature();
    agree_with_root(channel_, Deadline(kSetupTimeout + scan_time(files_)), [&] { settle_start(); });
    setup_.nothing_to_do = from_root(setup_.nothing_to_do);
    if (!setup_.nothing_to_do.empty()) return std::move(setup_);
    setup_.times.signature = elapsed();
    setup_.gather = make_gather(channel_, config_.resources.gather, !setup_.runners.on_cpu(), first_gpu(),
                                config_.stops.comm_timeout);
    return std::move(setup_);
  }

 private:
  double elapsed() const { return seconds_since(config_.command.process_start); }
  bool is_root() const { return channel_.rank() == 0; }
  void agree_on(const std::function<void()>& phase) { agree(channel_, Deadline(kSetupTimeout), phase); }
  std::string from_root(const std::string& text) {
    return broadcast(channel_, text, Deadline(kSetupTimeout));
  }

  /// Rank 0 cuts; the others must see the very same files.
  void agree_on_chunks() {
    agree_with_root(channel_, Deadline(kSetupTimeout + scan_time(files_)), [&] {
      claim_outputs();
      const auto plan = std::make_shared<ChunkPlan>(files_, pick_chunk_bytes());
      plan_ = plan;
      setup_.source = plan;
      if (retries_) select_failed();
    });
    const auto message = from_root(is_root() ? serialize_input(files_) : "");
    agree_on([&] { check_input(message, files_); });
    setup_.pipeline.files = files_;
  }

  void claim_outputs() {
    check_file_roles(config_);
    check_output(config_.output.path, output_format(config_.output.path).header != nullptr);
    if (config_.output.errors) check_output(*config_.output.errors);
    if (config_.output.trace)
      setup_.trace_claim = claim_trace(*config_.output.trace, config_.output.start.overwrite);
    auto start = claim_output(output_names(config_), config_.output.start);
    setup_.journal = std::move(start.journal);
    setup_.errors_claim = std::move(start.errors_claim);
    finished_ = std::move(start.finished);
    goes_on_ = start.kind == StartKind::go_on;
    retries_ = start.kind == StartKind::retry || (goes_on_ && setup_.journal->found().run->retry);
    if (start.kind == StartKind::already_complete)
      nothing_left_ = config_.output.path + " is complete; --overwrite scores it anew";
  }

  /// What is to be scored are the records that failed.
  void select_failed() {
    const auto& chunks = *plan_;
    const auto& then = *finished_->run;
    const bool in_place = has_input(then, files_) && are_told_apart(config_.input.files);
    auto selected = find_failed_records(
        config_, [&](const SelectedRecord& record) { return in_place ? chunks.chunk_of(record) : 0; });
    if (selected.records() == 0) nothing_left_ = "nothing failed in " + config_.output.path;
    input_digest_ = finished_->checkpoints.back().input_digest;
    if (!in_place) selected = find_by_number(selected, then.chunk_bytes);
    selected_ = std::make_shared<const Selection>(std::move(selected));
    setup_.source = std::make_shared<SelectedChunks>(plan_, selected_);
  }

  /// The input may have been repaired where it is: then nothing but their numbers tells of records.
  Selection find_by_number(const Selection& then, std::uint64_t chunk_bytes_then) {
    Selection now;
    const ChunkPlan plan(files_, chunk_bytes_then);
    const auto scan =
        scan_input(plan, plan.chunks(), config_.input.max_record_bytes, then,
                   [&](const SelectedRecord& record) { now.add(record, plan_->chunk_of(record)); });
    const auto problem = renumbering_problem(finished_->checkpoints.back().records, scan.records);
    if (!problem.empty())
      throw UsageError("--retry-errors: the input has changed since the run in which records failed, and " +
                       problem +
                       ": give it as it was, but for what is repaired, or score it anew with --overwrite");
    if (scan.input_digest != input_digest_)
      observer_.warning(0,
                        "the input has changed since records of it failed: they are taken by their "
                        "numbers, and all other rows stay as they are");
    input_digest_ = scan.input_digest;
    return now;
  }

  std::uint64_t pick_chunk_bytes() const {
    if (config_.input.chunk_bytes) return *config_.input.chunk_bytes;
    if (goes_on_) return setup_.journal->found().run->chunk_bytes;
    if (finished_) return finished_->run->chunk_bytes;
    return choose_chunk_bytes(files_, setup_.runners.on_cpu() ? kChunkRows : kGpuChunkRows);
  }

  /// Refuses to go on with, or to call complete, what another input, model or option has begun.
  void settle_start() {
    if (setup_.journal)
      setup_.run =
          describe_output(config_, *setup_.model_file, *setup_.source, setup_.pipeline, setup_.runners);
    setup_.run.replace =
        goes_on_ ? setup_.journal->found().run->replace : config_.output.start.overwrite || retries_;
    if (!setup_.journal) return;
    if (finished_) compare_with_finished();
    if (retries_) describe_retry();
    if (goes_on_) compare_with_unfinished();
    setup_.nothing_to_do = nothing_left_;
  }

  /// What it was made of is compared by what is known only now: all that shapes rows.
  void compare_with_finished() const {
    auto then = *finished_->run;
    std::erase_if(then.facts, [](const Fact& fact) { return fact.name == kEarlierOutput; });
    const auto binding = retries_ ? differences_for_retry(then, setup_.run)
                                  : differences_from(then, finished_->checkpoints.back()).binding;
    if (binding.empty()) return;
    throw UsageError(
        std::string(retries_ ? "--retry-errors: " : "--resume: ") + config_.output.path +
        " is complete, but it was made of something else: " + joined(binding, "; ") +
        "; give what it was made of, score the whole input anew with --overwrite, or give another "
        "--output");
  }

  void compare_with_unfinished() {
    const auto& found = setup_.journal->found();
    // Nobody knows what a stateful model remembered there: from the beginning.
    const auto from = config_.model.stateful ? Checkpoint{} : usable_checkpoint(found, output_names(config_));
    const auto differences = differences_from(*found.run, from);
    if (!differences.binding.empty()) {
      throw UsageError("--resume: the run that began " + config_.output.path +
                       " was another one: " + joined(differences.binding, "; ") +
                       "; give what it was given, or score the whole input anew with --overwrite");
    }
    if (!differences.other.empty()) {
      observer_.warning(0, "resumed with other settings (" + joined(differences.other, "; ") +
                               "): scores may differ in their last digits from those of a run in one go");
    }
    setup_.from = from;
  }

  /// An input of which nothing but name or time differs is read again, as far as it was scored.
  Differences differences_from(const RunRecord& then, const Checkpoint& until) const {
    auto found = differences_of(then, setup_.run);
    if (found.binding.empty()) return found;
    auto unnamed = differences_of(without_names_and_times(then), without_names_and_times(setup_.run));
    if (!unnamed.binding.empty()) return found;
    if (const auto problem = contents_problem(then, until); !problem.empty()) unnamed.binding = {problem};
    return unnamed;
  }

  std::string contents_problem(const RunRecord& then, const Checkpoint& until) const {
    if (until.chunks == 0) return "";
    const std::string since = "--input: another file, or written again since, ";
    if (until.input_digest == 0) return since + "and nobody knows whether it is the same";
    observer_.notice(
        "the input is another file, or was written again since: reading it to see whether it is the same");
    const ChunkPlan whole(files_, then.chunk_bytes);
    const auto scan =
        scan_input(whole, then.retry ? whole.chunks() : until.chunks, config_.input.max_record_bytes);
    const bool same =
        scan.input_digest == until.input_digest && (then.retry || scan.beyond_digest == until.beyond_digest);
    return same ? "" : since + "and it is not the same";
  }

  /// The earlier output is one of the things that a retry's output is a function of.
  void describe_retry() {
    if (config_.model.stateful) {
      throw UsageError(
          "--retry-errors and --stateful: nobody knows what the model remembered where a record failed; "
          "score the "
          "whole input anew with --overwrite");
    }
    setup_.run.retry = true;
    const auto earlier = stat_input(config_.output.path);
    setup_.run.facts.push_back({kEarlierOutput, std::to_string(earlier.bytes) + " bytes, last written " +
                                                    time_text(earlier.modified_ns)});
    setup_.retry = retry_config(encoder_config(config_, setup_.pipeline.signature.result), selected_);
    const bool same_cut = finished_->run->chunk_bytes == setup_.run.chunk_bytes;
    setup_.retry->input_digest = same_cut ? input_digest_ : 0;
  }

  void choose_how_to_run() {
    const auto cores = cores_per_rank(available_cores(), host_cores(), world_.local_size());
    setup_.pipeline.pool_threads = std::clamp(cores, 1, kMaxPoolThreads);
    setup_.runners =
        choose_runners(config_.resources, cores, {usable_gpus(), world_.local_rank(), world_.local_size()});
    if (config_.model.stateful) run_in_order();
    if (const auto advice = binding_advice(available_cores(), host_cores(), world_.local_size());
        advice && is_root() && !config_.resources.threads && !config_.resources.replicas) {
      observer_.warning(channel_.rank(), *advice);
    }
  }

  /// One batch at a time, and chunks decoded one after the other.
  void run_in_order() {
    if (channel_.size() > 1) {
      throw UsageError("--stateful scores record after record, so it needs one rank, not " +
                       std::to_string(channel_.size()) + "; start infer without mpirun, or with -np 1");
    }
    setup_.pipeline.pool_threads = 1;
    setup_.runners.replicas = 1;
    setup_.runners.devices.resize(1);
  }

  int usable_gpus() const {
    if (config_.resources.device == "cpu") return 0;
    const int gpus = visible_cuda_devices();
    if (gpus == 0 || config_.resources.device != "auto" || setup_.model_file->compiled_device() != "cpu")
      return gpus;
    if (is_root()) {
      observer_.warning(channel_.rank(),
                        config_.model.path +
                            " is compiled for the CPU, so no GPU is used; for them, export it with "
                            "--device cuda or as .pt");
    }
    return 0;
  }

  void agree_on_placement() {
    const auto own = placement_text(own_placement(channel_.host(), setup_.runners.devices));
    const auto all = collect(channel_, own, Deadline(kSetupTimeout));
    agree_with_root(channel_, Deadline(kSetupTimeout), [&] {
      for (const auto& text : all) setup_.placements.push_back(parse_placement(text));
      check_placements(setup_.placements, std::getenv("INFER_TEST_SHARE_GPU") != nullptr);
    });
  }

  /// Rank 0 tries the model on the first records; all ranks decode by what it found.
  void agree_on_signature() {
    std::string text;
    auto& treatment = setup_.treatment;
    agree_with_root(channel_, Deadline(kSetupTimeout), [&] {
      const auto sample = setup_.source->first_records(config_.input.max_record_bytes);
      if (sample.records.empty() && config_.input.spec.empty() && !bundle_) return;  // nothing to learn from
      auto& model = *setup_.models.front();
      model.use_this_thread();
      auto resolved = resolve_signature(model, bundle_, config_, sample);
      text = serialize_signature(resolved.signature);
      treatment = resolved.treatment;
      tokenizer_ = std::move(resolved.tokenizer);
      for (const auto& warning : resolved.warnings) observer_.warning(0, warning);
    });
    text = from_root(text);
    if (!text.empty()) setup_.pipeline.signature = deserialize_signature(text);
    treatment = deserialize_treatment(from_root(serialize_treatment(treatment)));
    agree_on([&] {
      // What the trial made a model remember must not count.
      if (treatment.one_at_a_time) {
        setup_.models.clear();
        setup_.models = load_runners(*setup_.model_file, setup_.runners);
      }
      for (const auto& model : setup_.models) model->treat(treatment);
      if (!tokenizer_) tokenizer_ = make_tokenizer(bundle_, setup_.pipeline.signature, config_.model.path);
    });
    configure_stages(setup_.pipeline, config_, tokenizer_, setup_.runners.on_cpu());
    setup_.pipeline.serialize = !is_root();
  }

  int first_gpu() const {
    return setup_.runners.on_cpu() ? -1 : cuda_device_number(setup_.runners.devices.front());
  }

  World& world_;
  Channel& channel_;
  const RunConfig& config_;
  RunObserver& observer_;
  std::vector<InputFile> files_;
  std::shared_ptr<const ChunkPlan> plan_;  ///< rank 0: of all the files
  std::optional<Bundle> bundle_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::optional<JournalText> finished_;        ///< rank 0: what a finished output was made of
  std::shared_ptr<const Selection> selected_;  ///< rank 0, for a retry
  std::uint64_t input_digest_ = 0;             ///< rank 0, for a retry: as in Checkpoint
  std::string nothing_left_;  ///< rank 0: why nothing is to be done, if it was made of the same
  bool goes_on_ = false;      ///< rank 0: with an unfinished run
  bool retries_ = false;      ///< rank 0
  RunSetup setup_;
};

}  // namespace

RunSetup prepare_run(World& world, const RunConfig& config, RunObserver& observer) {
  return Preparation(world, config, observer).prepare();
}

}  // namespace infer
