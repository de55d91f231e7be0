#include "check/sample_score.hpp"

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "base/doorbell.hpp"
#include "base/error.hpp"
#include "writer/stamped.hpp"

namespace infer {
namespace {

constexpr std::size_t kRecords = 8;

/// As lines that are granted with their bytes.
GrantedChunk first_lines(const RawChunk& sample) {
  const auto count = std::min(sample.records.size(), kRecords);
  GrantedChunk granted;
  auto& lines = granted.payload.emplace();
  for (const auto& record : std::span(sample.records).first(count)) {
    const auto text = as_byte_view(sample.text(record));
    lines.insert(lines.end(), text.begin(), text.end());
    lines.push_back(std::byte{'\n'});
  }
  granted.range = {0, sample.records.front().file, 0, lines.size()};
  return granted;
}

EncodedChunk wait_for_one(RankPipeline& pipeline, Doorbell& news, Seconds stall_timeout,
                          const std::function<void()>& turn) {
  while (true) {
    turn();
    auto finished = pipeline.take_finished();
    if (!finished.empty()) return std::move(finished.front().outputs.front());
    const auto slowest = pipeline.slowest();
    if (slowest && slowest->seconds > stall_timeout.count())
      throw RunError(std::string(stage_text(slowest->stage)) + " the first records has taken more than " +
                     seconds_text(stall_timeout) +
                     " s (--stall-timeout); if one step may take that long, raise the limit");
    news.wait();
  }
}

}  // namespace

std::uint64_t SampleScore::output_bytes_of(std::uint64_t input) const {
  const auto rate =
      static_cast<double>(output_bytes) / static_cast<double>(std::max<std::uint64_t>(1, input_bytes));
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(input) * rate));
}

SampleScore score_first(const RawChunk& sample, const PipelineConfig& config,
                        const std::vector<std::shared_ptr<Model>>& runners, Seconds stall_timeout,
                        const std::function<void()>& turn) {
  auto granted = first_lines(sample);
  SampleScore score;
  score.input_bytes = granted.payload->size();
  Doorbell news;
  RankPipeline pipeline(config, {runners}, [&news] { news.ring(); });
  pipeline.grant(std::move(granted));
  const auto chunk = wait_for_one(pipeline, news, stall_timeout, turn);
  score.records = chunk.rows;
  score.failed = chunk.failed;
  score.first_failure = stamped(chunk.first_failure, {});
  score.output_bytes = chunk.output.text.size();
  return score;
}

}  // namespace infer
