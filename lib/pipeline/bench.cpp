#include "pipeline/bench.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/doorbell.hpp"
#include "base/error.hpp"
#include "comm/agreement.hpp"
#include "reader/chunk_plan.hpp"
#include "reader/chunk_size.hpp"
#include "reader/sample.hpp"
#include "start/agreed_input.hpp"
#include "start/rank_share.hpp"
#include "start/scorer.hpp"
#include "start/stage_config.hpp"
#include "worker/rank_pipeline.hpp"

namespace infer {
namespace {

constexpr double kRunSeconds = 1;      ///< of one run, about
constexpr double kLongRunSeconds = 5;  ///< such a run is not repeated
constexpr int kRuns = 3;
constexpr double kSearchSeconds = 80;  ///< for the search; then for the comparison with the first
constexpr double kCompareSeconds = 30;
constexpr std::uint64_t kTrialRows = 32;  ///< of a chunk, to learn how fast the model is
constexpr std::uint64_t kLeastRows = 64;  ///< of a run

/// What a run over some chunks took.
struct Pass {
  double seconds = 0;
  std::uint64_t rows = 0;
  ChunkWork work;

  double rows_per_s() const { return static_cast<double>(rows) / std::max(seconds, 1e-9); }
};

Pass pass_through(const PipelineConfig& config, const std::vector<std::shared_ptr<Model>>& models,
                  const std::vector<GrantedChunk>& chunks) {
  Doorbell news;
  RankPipeline pipeline(config, {models}, [&news] { news.ring(); });
  Pass pass;
  const Stopwatch watch;
  for (std::size_t granted = 0, finished = 0; finished < chunks.size();) {
    for (; granted < chunks.size() && granted - finished < config.max_held; ++granted)
      pipeline.grant(chunks[granted]);
    for (const auto& done : pipeline.take_finished()) {
      ++finished;
      pass.rows += done.outputs.front().rows;
      pass.work += done.outputs.front().work;
    }
    if (finished < chunks.size()) news.wait();
  }
  pass.seconds = watch.elapsed_s();
  return pass;
}

/// `count` of the plan's chunks, at equal distances.
std::vector<GrantedChunk> spread(const ChunkPlan& plan, std::uint64_t count) {
  std::vector<GrantedChunk> chunks;
  count = std::clamp<std::uint64_t>(count, 1, plan.chunks());
  for (std::uint64_t i = 0; i < count; ++i) chunks.push_back({plan.range(i * plan.chunks() / count)});
  return chunks;
}

double bytes_per_row(const ChunkPlan& plan, std::size_t max_record_bytes) {
  const auto sample = read_sample(plan.files(), max_record_bytes);
  if (sample.records.empty()) throw UsageError("the input has no records to measure with");
  const auto& last = sample.records.back();
  return static_cast<double>(last.begin + last.size) / static_cast<double>(sample.records.size());
}

class Bench {
 public:
  using OnResult = std::function<void(const BenchReport&, const BenchResult&)>;

  Bench(const RunConfig& config, ChunkPlan plan, LoadedModel model, ModelTreatment treatment,
        PipelineConfig pipeline, OnResult on_result)
      : config_(config),
        plan_(std::move(plan)),
        model_(std::move(model)),
        treatment_(std::move(treatment)),
        pipeline_(std::move(pipeline)),
        on_result_(std::move(on_result)) {
    report_.by_tokens = std::ranges::any_of(scoring().signature.inputs, &TensorSpec::has_variable_dims);
    report_.on_cpu = model_.runners.on_cpu();
  }

  BenchReport run() {
    choose_chunks();
    const auto layouts = layouts_to_try();
    const auto until = [watch = Stopwatch()](double seconds) {
      return [watch, seconds] { return watch.elapsed_s() < seconds; };
    };
    report_.results = search_settings(
        layouts, limit(), [this](const auto& setting) { return measure(setting); }, until(kSearchSeconds));
    if (std::ranges::none_of(report_.results, &BenchResult::fits))
      throw UsageError("no batch fits into the memory, not even a single record");
    choose_best(until(kSearchSeconds + kCompareSeconds));
    return std::move(report_);
  }

 private:
  void choose_best(const HasTime& has_time) {
    const auto& first = report_.results.front();
    report_.best = best_result(report_.results);
    if (!first.fits) return;
    report_.faster = compare_speed(
        report_.best, first, [this](const auto& setting) { return measure_once(setting); }, has_time);
    if (!report_.faster.is_faster()) report_.best = first;
  }

  ScoringConfig& scoring() { return pipeline_.scorings.front(); }
  std::size_t& limit() { return report_.by_tokens ? scoring().batch.max_elements : scoring().batch.max_rows; }

  /// So many that a run takes about a second; of a slow model pieces of chunks.
  void choose_chunks() {
    const auto row_bytes = bytes_per_row(plan_, pipeline_.max_record_bytes);
    const auto plan_of = [&](double rows) {
      return ChunkPlan(plan_.files(), static_cast<std::uint64_t>(std::ceil(rows * row_bytes)));
    };
    chunks_ = spread(plan_of(kTrialRows), 2 * model_.models.size());
    pass_through(pipeline_, model_.models, chunks_);  // warms up
    const auto rows = std::max<double>(
        kLeastRows, kRunSeconds * pass_through(pipeline_, model_.models, chunks_).rows_per_s());
    const auto chunk_rows = static_cast<double>(plan_.chunk_bytes()) / row_bytes;
    if (rows < chunk_rows) plan_ = plan_of(rows);
    chunks_ = spread(plan_, static_cast<std::uint64_t>(std::ceil(rows / chunk_rows)));
  }

  std::vector<BenchLayout> layouts_to_try() const {
    const BenchLayout own{model_.runners.replicas, model_.runners.threads};
    if (config_.resources.replicas || config_.resources.threads) return {own};
    if (model_.runners.on_cpu()) return cpu_layouts(model_.runners.replicas * model_.runners.threads);
    return {own, {1, 1}, {own.replicas + 1, 1}};
  }

  /// The fastest of some runs.
  BenchResult measure(const BenchSetting& setting) {
    auto fastest = measure_once(setting);
    for (int run = 1; run < kRuns && fastest.fits; ++run) {
      if (static_cast<double>(report_.rows) / fastest.rows_per_s > kLongRunSeconds) break;
      const auto again = measure_once(setting);
      fastest.fits = again.fits;
      fastest.rows_per_s = std::max(fastest.rows_per_s, again.rows_per_s);
    }
    on_result_(report_, fastest);
    return fastest;
  }

  BenchResult measure_once(const BenchSetting& setting) {
    use_layout(setting.layout);
    limit() = setting.limit;
    const auto pass = pass_through(pipeline_, model_.models, chunks_);
    const auto& work = pass.work;
    report_.rows = pass.rows;
    return {setting, pass.rows_per_s(), work.padding_share(), work.batches,
            work.halved == 0 && work.alone == 0};
  }

  void use_layout(const BenchLayout& layout) {
    if (layout == BenchLayout{model_.runners.replicas, model_.runners.threads}) return;
    model_.models.clear();  // before the next is loaded: there may be no room for both
    model_.runners.replicas = layout.replicas;
    model_.runners.threads = layout.threads;
    model_.models = load_runners(*model_.file, model_.runners, treatment_);
    pass_through(pipeline_, model_.models, spread(plan_, 1));
  }

  const RunConfig& config_;
  ChunkPlan plan_;
  LoadedModel model_;
  ModelTreatment treatment_;
  PipelineConfig pipeline_;
  std::vector<GrantedChunk> chunks_;
  OnResult on_result_;
  BenchReport report_;
};

}  // namespace

BenchReport run_bench(World& world, RunConfig config, RunObserver& observer,
                      const std::function<void(const BenchReport&, const BenchResult&)>& on_result) {
  if (world.channel().size() > 1)
    throw AgreedError(ExitCode::usage,
                      "infer bench measures one process: start it without mpirun, bound as a rank will be");
  if (!record_choice(config.input).is_all())
    throw UsageError("--limit and --sample: infer bench takes some records by itself; leave them out");
  config.output = {};  // rows are made, and go nowhere
  auto& channel = world.channel();
  const auto file = std::make_shared<const ModelFile>(config.model.path);
  const auto files = open_input(channel, config.input);
  config = with_inputs(std::move(config), files);
  if (is_stream(files))
    throw UsageError(
        "infer bench reads pieces of the input here and there, so it takes plain files of JSON Lines alone: "
        "unpack some of it, as with zstd -dc FILE | head -n 100000 > sample.jsonl; of pictures write "
        "lines that name them, as {\"image\":\"photos/a.jpg\"}");
  const auto share = choose_share(world, config, *file, observer);
  advise_on_binding(world, config, observer);
  const auto chunk_bytes = config.input.chunk_bytes;
  ChunkPlan plan(files,
                 chunk_bytes ? *chunk_bytes : choose_chunk_bytes(files, chunk_rows(share.runners, *file)));
  auto scorer =
      make_scorer(channel, config, load_on_ranks(world, file, share.runners, std::make_shared<Timeline>()),
                  &plan, [&](const std::string& text) { observer.warning(0, text); });
  auto pipeline =
      pipeline_config(config, {scoring_config(config, scorer)}, scorer.model, files, share.pool_threads);
  return Bench(config, std::move(plan), std::move(scorer.model), scorer.treatment, std::move(pipeline),
               on_result)
      .run();
}

}  // namespace infer
