#include "worker/rank_pipeline.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <stop_token>
#include <utility>
#include <variant>

#include "base/bounded_queue.hpp"
#include "base/doorbell.hpp"
#include "base/error.hpp"
#include "reader/chunk_reader.hpp"
#include "worker/batch_feed.hpp"
#include "worker/peak_memory.hpp"
#include "worker/step.hpp"

namespace infer {
namespace {

constexpr Seconds kFarewell{2};

}  // namespace

/// What the threads share. Outlives the pipeline when one of them hangs.
struct RankPipeline::Stages {
  Stages(PipelineConfig pipeline, std::vector<std::shared_ptr<Model>> models, std::function<void()> news)
      : config(std::move(pipeline)),
        runners(std::move(models)),
        on_news(std::move(news)),
        granted(config.max_held),
        tasks(config.max_held),
        decoded(config.max_held),
        batches(decoded, config.signature, config.batch, config.seed),
        finished(config.max_held),
        memory(
            std::ranges::any_of(runners, [](const auto& model) { return model->info().device == "cuda"; })) {}

  void read(Step& step);
  void decode_and_encode(Step& step);
  void run_model(Model& model, Step& step);
  void run(const std::function<void(Step&)>& stage, const char* work, Step& step);
  void fail(std::exception_ptr reason);
  FinishedChunk finish(const ModelResult& result);
  void discard();
  void tell_news();
  void abandon();
  bool wait_for_threads();

  const PipelineConfig config;
  const std::vector<std::shared_ptr<Model>> runners;
  std::function<void()> on_news;  // guarded by the next
  std::mutex news_mutex;
  std::atomic<std::uint64_t> predicted{0};
  std::stop_source stop;
  BoundedQueue<GrantedChunk> granted;
  BoundedQueue<std::variant<RawChunk, ModelResult>> tasks;
  BoundedQueue<DecodedChunk> decoded;
  BatchFeed batches;
  BoundedQueue<FinishedChunk> finished;
  std::deque<Step> steps;  // one per thread
  PeakMemory memory;
  std::size_t started = 0;
  std::atomic<std::size_t> ended{0};
  Doorbell one_has_left;
};

RankPipeline::RankPipeline(PipelineConfig config, std::vector<std::shared_ptr<Model>> runners,
                           std::function<void()> on_news)
    : stages_(std::make_shared<Stages>(std::move(config), std::move(runners), std::move(on_news))) {
  auto& all = *stages_;
  const auto start = [this](const char* lane, const char* work, std::function<void(Step&)> stage) {
    auto& step = stages_->steps.emplace_back(stages_->config.timeline->lane(lane));
    threads_.emplace_back(
        [stages = stages_, stage = std::move(stage), work, &step] { stages->run(stage, work, step); });
    ++stages_->started;
  };
  try {
    start("reader", "reading the input", [&all](Step& step) { all.read(step); });
    for (int i = 0; i < all.config.pool_threads; ++i)
      start("decoder, encoder", "decoding records or encoding results",
            [&all](Step& step) { all.decode_and_encode(step); });
    for (const auto& model : all.runners)
      start("runner", "running the model", [&all, &model](Step& step) { all.run_model(*model, step); });
  } catch (...) {
    stages_->discard();  // else the threads that did start would wait for work for ever
    throw;
  }
}

RankPipeline::~RankPipeline() {
  stages_->discard();
  if (stages_->wait_for_threads()) return;
  stages_->abandon();
  for (auto& thread : threads_) thread.detach();
}

bool RankPipeline::Stages::wait_for_threads() {
  for (const Deadline deadline(kFarewell); ended < started && !deadline.passed();)
    one_has_left.wait(std::chrono::milliseconds(10));
  return ended == started;
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
  decoded.discard();
  finished.discard();
}

/// The whole life of one thread; what its stage throws comes out of take_finished(). `work` says for messages
/// what it does.
void RankPipeline::Stages::run(const std::function<void(Step&)>& stage, const char* work, Step& step) {
  try {
    stage(step);
  } catch (const std::bad_alloc&) {
    fail(std::make_exception_ptr(RunError(out_of_memory_message(work))));
  } catch (...) {
    fail(std::current_exception());
  }
  ++ended;
  one_has_left.ring();
}

void RankPipeline::Stages::fail(std::exception_ptr reason) {
  finished.fail(std::move(reason));
  discard();
  tell_news();
}

void RankPipeline::Stages::read(Step& step) {
  ChunkReader reader(config.files, config.max_record_bytes, config.columns);
  while (auto next = granted.pop()) {
    const auto id = next->range.id;
    auto chunk = step.during(Stage::reader, id, 0, [&] { return reader.read(*std::move(next)); });
    if (!tasks.push(std::move(chunk))) return;
  }
}

void RankPipeline::Stages::decode_and_encode(Step& step) {
  Decoder decoder(config.decoder);
  while (auto task = tasks.pop()) {
    if (auto* raw = std::get_if<RawChunk>(&*task)) {
      auto chunk = step.during(Stage::decoder, raw->range.id, raw->records.size(),
                               [&] { return decoder.decode(std::move(*raw)); });
      if (!decoded.push(std::move(chunk))) return;
      continue;
    }
    const auto& result = std::get<ModelResult>(*task);
    const auto& table = result.chunk.table;
    auto chunk =
        step.during(Stage::encoder, table.range.id, table.rows.size(), [&] { return finish(result); });
    if (finished.push(std::move(chunk))) tell_news();
  }
}

void RankPipeline::Stages::run_model(Model& model, Step& step) {
  model.use_this_thread();
  RunnerState runner{config.batch};
  auto* const device_lane =
      model.info().device == "cuda" ? &config.timeline->lane("runner's GPU work") : nullptr;
  while (const auto task = batches.next()) {
    if (stop.stop_requested()) return;
    if (task->batch) {
      WatchedModel watched(model, step, device_lane, task->chunk->prediction.id());
      task->chunk->prediction.run(*task->batch, watched, runner);
    }
    auto result = BatchFeed::finish(*task);
    if (!result) continue;
    ++predicted;
    if (!tasks.push(*std::move(result))) return;
    tell_news();
  }
}

FinishedChunk RankPipeline::Stages::finish(const ModelResult& result) {
  auto encoded = encode_chunk(result.chunk, config.encoder);
  encoded.account = result.account;
  const auto peaks = memory.look();
  encoded.account.host_peak_bytes = peaks.host_bytes;
  encoded.account.device_peak_bytes = peaks.device_bytes;
  encoded.account.runners = runners.size();
  encoded.account.pool_threads = static_cast<std::uint64_t>(config.pool_threads);
  const auto id = encoded.range.id;
  if (!config.serialize) {
    const auto bytes = encoded.output.text.size() + encoded.errors.text.size();
    return {id, bytes, std::move(encoded), {}};
  }
  auto message = serialize_chunk(encoded);
  const auto bytes = message.size();
  return {id, bytes, std::nullopt, std::move(message)};
}

void RankPipeline::grant(GrantedChunk chunk) { stages_->granted.push(std::move(chunk)); }

std::vector<FinishedChunk> RankPipeline::take_finished() {
  std::vector<FinishedChunk> taken;
  while (auto chunk = stages_->finished.try_pop()) taken.push_back(*std::move(chunk));
  return taken;
}

std::uint64_t RankPipeline::predicted() const { return stages_->predicted; }

std::optional<Activity> RankPipeline::slowest() const { return slowest_of(stages_->steps); }

}  // namespace infer
