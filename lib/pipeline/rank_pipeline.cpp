#include "pipeline/rank_pipeline.hpp"

#include <utility>

#include "pipeline/predict.hpp"
#include "reader/chunk_reader.hpp"

namespace infer {

RankPipeline::RankPipeline(PipelineConfig config, Model& model, std::function<void()> on_news)
    : config_(std::move(config)),
      model_(model),
      on_news_(std::move(on_news)),
      granted_(config_.max_held),
      tasks_(config_.max_held),
      decoded_(config_.max_held),
      finished_(config_.max_held) {
  start(&RankPipeline::read);
  for (int i = 0; i < config_.pool_threads; ++i) start(&RankPipeline::decode_and_encode);
  start(&RankPipeline::run_model);
}

RankPipeline::~RankPipeline() { discard(); }

void RankPipeline::discard() {
  stop_.request_stop();
  granted_.discard();
  tasks_.discard();
  decoded_.discard();
  finished_.discard();
}

/// Runs one stage on its own thread; what it throws comes out of take_finished().
void RankPipeline::start(void (RankPipeline::*stage)()) {
  threads_.emplace_back([this, stage] {
    try {
      (this->*stage)();
    } catch (...) {
      finished_.fail(std::current_exception());
      discard();
      on_news_();
    }
  });
}

void RankPipeline::read() {
  ChunkReader reader(config_.chunks, config_.max_record_bytes);
  while (const auto range = granted_.pop()) {
    if (!tasks_.push(reader.read(*range))) return;
  }
}

void RankPipeline::decode_and_encode() {
  Decoder decoder(config_.decoder);
  while (auto task = tasks_.pop()) {
    if (const auto* raw = std::get_if<RawChunk>(&*task)) {
      if (!decoded_.push(decoder.decode(*raw))) return;
    } else if (finished_.push(finish(std::get<PredictedChunk>(*task)))) {
      on_news_();
    }
  }
}

void RankPipeline::run_model() {
  model_.use_this_thread();
  while (auto chunk = decoded_.pop()) {
    auto predicted =
        predict_chunk(*std::move(chunk), model_, config_.signature, config_.batch, stop_.get_token());
    if (stop_.stop_requested()) return;
    ++predicted_;
    if (!tasks_.push(std::move(predicted))) return;
    on_news_();
  }
}

FinishedChunk RankPipeline::finish(const PredictedChunk& chunk) const {
  auto encoded = encode_chunk(chunk, config_.encoder);
  const auto id = encoded.range.id;
  if (!config_.serialize) {
    const auto bytes = encoded.output.text.size() + encoded.errors.text.size();
    return {id, bytes, std::move(encoded), {}};
  }
  auto message = serialize_chunk(encoded);
  const auto bytes = message.size();
  return {id, bytes, std::nullopt, std::move(message)};
}

void RankPipeline::grant(const ChunkRange& range) { granted_.push(range); }

std::vector<FinishedChunk> RankPipeline::take_finished() {
  std::vector<FinishedChunk> taken;
  while (auto chunk = finished_.try_pop()) taken.push_back(*std::move(chunk));
  return taken;
}

}  // namespace infer
