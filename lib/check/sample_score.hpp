// Scores the first records, by all stages of a run and without its output: how long rows will be, and what
// the model refuses.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/model.hpp"
#include "record/chunk.hpp"
#include "worker/rank_pipeline.hpp"

namespace infer {

struct SampleScore {
  std::uint64_t records = 0;
  std::uint64_t failed = 0;
  std::string first_failure;
  std::uint64_t input_bytes = 0;
  std::uint64_t output_bytes = 0;

  /// At this rate.
  std::uint64_t output_bytes_of(std::uint64_t input) const;
};

/// Of the first few records of `sample`, which has some. Throws what a stage dies of, and RunError when a
/// step takes longer than `stall_timeout`. `turn` is called all the while.
SampleScore score_first(const RawChunk& sample, const PipelineConfig& pipeline,
                        const std::vector<std::shared_ptr<Model>>& runners, Seconds stall_timeout,
                        const std::function<void()>& turn);

}  // namespace infer
