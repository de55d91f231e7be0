#include "worker/rank_pipeline.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <mutex>
#include <stop_token>
#include <utility>
#include <variant>

#include "base/bounded_queue.hpp"
#include "base/error.hpp"
#include "reader/chunk_readers.hpp"
#include "worker/among_models.hpp"
#include "worker/batch_feed.hpp"
#include "worker/chunk_assembly.hpp"
#include "worker/chunk_decoders.hpp"
#include "worker/column_choices.hpp"
#include "worker/peak_memory.hpp"
#include "worker/step.hpp"

namespace infer {
namespace {

constexpr Seconds kFarewell{2};

bool has_gpu(const std::vector<ScoringModels>& models) {
  return std::ranges::any_of(models, [](const ScoringModels& each) {
    return std::ranges::any_of(each, [](const auto& model) { return model->info().device == "cuda"; });
  });
}

}  // namespace

FinishedChunk finished_chunk(std::vector<EncodedChunk> outputs, bool serialize) {
  FinishedChunk finished;
  finished.id = outputs.front().range.id;
  if (!serialize) {
    for (const auto& each : outputs) finished.bytes += each.output.text.size() + each.errors.text.size();
    finished.outputs = std::move(outputs);
    return finished;
  }
  ByteWriter all;
  for (const auto& each : outputs) all.raw(serialize_chunk(each));
  finished.message = std::move(all).take();
  finished.bytes = finished.message.size();
  return finished;
}

/// What the threads share. Outlives the pipeline when one of them hangs.
struct RankPipeline::Stages {
  Stages(PipelineConfig pipeline, std::vector<ScoringModels> its_models, std::function<void()> news)
      : config(std::move(pipeline)),
        models(std::move(its_models)),
        on_news(std::move(news)),
        granted(config.max_held),
        tasks(tasks_at_most()),
        assembly(config.scorings),
        finished(config.max_held),
        memory(has_gpu(models)) {
    for (std::size_t s = 0; s < models.size(); ++s) feeds.emplace_back(config.scorings, tasks_at_most());
  }

  std::size_t tasks_at_most() const { return config.max_held * config.scorings.size(); }
  void read(Step& step);
  void decode_and_encode(Step& step);
  void run_models(std::size_t feed, std::size_t runner, Step& step);
  bool decode(ChunkDecoders& decoders, std::vector<RawChunk> raw, Step& step);
  bool hand_on(ScoredChunk scored);
  void fail(std::exception_ptr reason);
  EncodedChunk encode(const ScoredChunk& scored);
  void discard();
  void tell_news();
  void abandon();

  const PipelineConfig config;
  const std::vector<ScoringModels> models;
  std::function<void()> on_news;  // guarded by the next
  std::mutex news_mutex;
  std::atomic<std::uint64_t> predicted{0};
  std::stop_source stop;
  BoundedQueue<GrantedChunk> granted;
  BoundedQueue<std::variant<std::vector<RawChunk>, ScoredChunk>> tasks;
  std::deque<BatchFeed> feeds;   // by scoring; only those are fed that have threads of their own
  detail::ForwardGate forwards;  // of all models
  ChunkAssembly assembly;
  BoundedQueue<FinishedChunk> finished;
  PeakMemory memory;
};

RankPipeline::RankPipeline(PipelineConfig config, std::vector<ScoringModels> models,
                           std::function<void()> on_news)
    : stages_(std::make_shared<Stages>(std::move(config), std::move(models), std::move(on_news))),
      threads_(stages_->config.timeline, [all = stages_](std::exception_ptr reason) { all->fail(reason); }) {
  try {
    start_threads();
  } catch (...) {
    stages_->discard();  // else the threads that did start would wait for work for ever
    throw;
  }
}

void RankPipeline::start_threads() {
  const auto& all = stages_;
  threads_.start("reader", "reading the input", [all](Step& step) { all->read(step); });
  for (int i = 0; i < all->config.pool_threads; ++i)
    threads_.start("decoder, encoder", "decoding records or encoding results",
                   [all](Step& step) { all->decode_and_encode(step); });
  for (std::size_t s = 0; s < all->models.size(); ++s) {
    const bool has_threads = all->config.scorings[s].runs_beside == s;
    for (std::size_t runner = 0; has_threads && runner < all->models[s].size(); ++runner)
      threads_.start("runner", "running the model",
                     [all, s, runner](Step& step) { all->run_models(s, runner, step); });
  }
}

RankPipeline::~RankPipeline() {
  stages_->discard();
  if (threads_.wait(kFarewell)) return;
  stages_->abandon();
  threads_.leave_behind();
}

void RankPipeline::Stages::tell_news() {
  std::lock_guard lock(news_mutex);
  on_news();
}

void RankPipeline::Stages::abandon() {
  std::lock_guard lock(news_mutex);
  on_news = [] {};
}

void RankPipeline::Stages::discard() {
  stop.request_stop();
  granted.discard();
  tasks.discard();
  for (auto& feed : feeds) feed.discard();
  finished.discard();
}

void RankPipeline::Stages::fail(std::exception_ptr reason) {
  finished.fail(std::move(reason));
  discard();
  tell_news();
}

void RankPipeline::Stages::read(Step& step) {
  ChunkReaders readers(config.files, config.max_record_bytes, column_choices(config.scorings));
  while (auto next = granted.pop()) {
    const auto id = next->range.id;
    auto chunks = step.during(Stage::reader, id, 0, [&] { return readers.read(*std::move(next)); });
    if (!tasks.push(std::move(chunks))) return;
  }
}

void RankPipeline::Stages::decode_and_encode(Step& step) {
  ChunkDecoders decoders(config.scorings);
  while (auto task = tasks.pop()) {
    if (auto* raw = std::get_if<std::vector<RawChunk>>(&*task)) {
      if (!decode(decoders, std::move(*raw), step)) return;
      continue;
    }
    const auto& scored = std::get<ScoredChunk>(*task);
    const auto& table = scored.result.chunk.table;
    auto all = step.during(Stage::encoder, table.range.id, table.rows.size(),
                           [&] { return assembly.add(encode(scored)); });
    if (all && finished.push(finished_chunk(*std::move(all), config.serialize))) tell_news();
  }
}

/// False once the pipeline is closed.
bool RankPipeline::Stages::decode(ChunkDecoders& decoders, std::vector<RawChunk> raw, Step& step) {
  const auto id = raw.front().range.id;
  const auto records = raw.front().records.size();
  auto chunks = step.during(Stage::decoder, id, records, [&] { return decoders.decode(std::move(raw)); });
  return std::ranges::all_of(chunks, [&](ChunkToScore& chunk) {
    return feeds[config.scorings[chunk.scoring].runs_beside].push(std::move(chunk));
  });
}

/// One thread's: batches of all scorings that run beside one another, as they come.
void RankPipeline::Stages::run_models(std::size_t feed, std::size_t runner, Step& step) {
  std::vector<RunnerState> states;
  for (const auto& scoring : config.scorings) states.push_back({scoring.batch});
  for (std::size_t s = 0; s < models.size(); ++s) {
    if (config.scorings[s].runs_beside == feed) models[s].at(runner)->use_this_thread();
  }
  auto* const device_lane =
      models[feed][runner]->info().device == "cuda" ? &config.timeline->lane("runner's GPU work") : nullptr;
  while (const auto task = feeds[feed].next()) {
    if (stop.stop_requested()) return;
    const auto scoring = task->chunk->scoring;
    if (task->batch) {
      WatchedModel watched(*models[scoring][runner], step, device_lane, task->chunk->prediction.id());
      AmongModels among(watched, forwards);
      task->chunk->prediction.run(*task->batch, among, states[scoring]);
    }
    auto scored = BatchFeed::finish(*task);
    if (scored && !hand_on(*std::move(scored))) return;
  }
}

/// False once the pipeline is closed.
bool RankPipeline::Stages::hand_on(ScoredChunk scored) {
  const bool is_predicted = assembly.is_predicted(scored.result.chunk.table.range.id);
  if (is_predicted) ++predicted;
  if (!tasks.push(std::move(scored))) return false;
  if (is_predicted) tell_news();
  return true;
}

EncodedChunk RankPipeline::Stages::encode(const ScoredChunk& scored) {
  auto encoded = encode_chunk(scored.result.chunk, config.scorings[scored.scoring].encoder);
  encoded.output_of_run = static_cast<std::uint32_t>(scored.scoring);
  encoded.account = scored.result.account;
  const auto peaks = memory.look();
  encoded.account.host_peak_bytes = peaks.host_bytes;
  encoded.account.device_peak_bytes = peaks.device_bytes;
  encoded.account.runners = models[scored.scoring].size();
  encoded.account.pool_threads = static_cast<std::uint64_t>(config.pool_threads);
  return encoded;
}

void RankPipeline::grant(GrantedChunk chunk) { stages_->granted.push(std::move(chunk)); }

std::vector<FinishedChunk> RankPipeline::take_finished() {
  std::vector<FinishedChunk> taken;
  while (auto chunk = stages_->finished.try_pop()) taken.push_back(*std::move(chunk));
  return taken;
}

std::uint64_t RankPipeline::predicted() const { return stages_->predicted; }

std::optional<Activity> RankPipeline::slowest() const { return threads_.slowest(); }

}  // namespace infer
