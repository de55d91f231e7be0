#include "pipeline/rank_work.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "pipeline/parts_config.hpp"

namespace infer {
namespace {

/// Where the rank writes rows itself, they are needed as they are.
PipelineConfig pipeline_of(const RunSetup& setup) {
  auto pipeline = setup.pipeline;
  if (setup.parts) pipeline.serialize = false;
  return pipeline;
}

/// Those behind the first of a group are run for others, by its link.
std::vector<ScoringModels> models_of(const RunSetup& setup) {
  std::vector<ScoringModels> models;
  for (const auto& output : setup.outputs)
    models.push_back(output.model.runners.group.is_first() ? output.model.models : ScoringModels());
  return models;
}

}  // namespace

RankWork::RankWork(const RunSetup& setup, const std::function<void()>& on_news)
    : serialize_(setup.pipeline.serialize),
      link_(setup.outputs.front().model.link),
      pipeline_(pipeline_of(setup), models_of(setup), on_news) {
  if (setup.parts) parts_.emplace(part_writer_config(setup), on_news);
  if (link_) link_->attend(on_news);
}

RankWork::~RankWork() {
  if (link_) link_->close();
}

void RankWork::turn() {
  if (link_) link_->turn();
  auto done = pipeline_.take_finished();
  if (!parts_) {
    std::ranges::move(done, std::back_inserter(chunks_));
    return;
  }
  for (auto& chunk : done) parts_->submit(std::move(chunk.outputs.front()));
  auto news = parts_->take_news();
  for (auto& chunk : news.chunks) {
    std::vector<EncodedChunk> without_rows;
    without_rows.push_back(std::move(chunk));
    chunks_.push_back(finished_chunk(std::move(without_rows), serialize_));
  }
  std::ranges::move(news.parts, std::back_inserter(finished_parts_));
}

std::vector<FinishedChunk> RankWork::take_chunks() { return std::exchange(chunks_, {}); }

std::vector<FinishedPart> RankWork::take_parts() { return std::exchange(finished_parts_, {}); }

std::optional<Activity> RankWork::slowest() const {
  auto slowest = slower(pipeline_.slowest(), link_ ? link_->slowest() : std::nullopt);
  const auto step = parts_ ? parts_->step() : std::nullopt;
  if (!step) return slowest;
  return slower(slowest,
                Activity{Stage::part_writer, step->chunk, Seconds(Clock::now() - step->since).count()});
}

}  // namespace infer
