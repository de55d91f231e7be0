// A pipeline over a small file, with models that give 1 for each record.
#pragma once

#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "config/input_spec.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/record/field_signature.hpp"
#include "unit/record/tensors.hpp"
#include "worker/rank_pipeline.hpp"

namespace infer::test {

inline constexpr std::size_t kRows = 1000;

inline std::vector<NamedTensor> ones(std::span<const HostTensor> inputs) {
  const auto rows = inputs[0].shape.at(0);
  const std::vector<float> values(static_cast<std::size_t>(rows), 1.0F);
  return {{"y", tensor_of<float>(DType::float32, {rows}, values)}};
}

/// One chunk of kRows records {"x":1}, batches of one record.
inline PipelineConfig one_chunk(const ScratchFolder& folder) {
  std::string text;
  for (std::size_t i = 0; i < kRows; ++i) text += "{\"x\":1}\n";
  const auto path = folder.write("data.jsonl", text);
  PipelineConfig config;
  config.files = {stat_input(path)};
  config.max_record_bytes = 100;
  auto& scoring = config.scorings.front();
  scoring.signature = field_signature({parse_input_spec("x:float32:[]")});
  scoring.decoder = {scoring.signature, nullptr, {}, config.max_record_bytes};
  scoring.batch.max_rows = 1;
  scoring.encoder.file_names = {path};
  return config;
}

inline GrantedChunk whole_file(const PipelineConfig& config) { return {{0, 0, 0, config.files[0].bytes}}; }

inline std::vector<FinishedChunk> wait_for_finished(RankPipeline& pipeline) {
  const Deadline deadline(Seconds(20));
  while (!deadline.passed()) {
    if (auto finished = pipeline.take_finished(); !finished.empty()) return finished;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return {};
}

}  // namespace infer::test
