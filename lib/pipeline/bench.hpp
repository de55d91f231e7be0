// `infer bench`: measures which batch limit, and which way to spread batches over the cores, is the fastest
// for a model, its data and this machine.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "comm/world.hpp"
#include "config/config.hpp"
#include "pipeline/bench_search.hpp"
#include "start/observer.hpp"

namespace infer {

struct BenchReport {
  bool by_tokens = false;  ///< the limit is --max-batch-tokens, not --max-batch-size
  bool on_cpu = true;
  std::uint64_t rows = 0;            ///< of one run
  std::vector<BenchResult> results;  ///< the first is of the settings that a run would have had
  BenchResult best;                  ///< the first unless another is faster beyond doubt
  SpeedRatio faster;  ///< of the fastest over the first; without pairs where that was not measured
};

/// Runs records from all over the input through one rank's stages, with each setting some times; writes
/// nothing. What the configuration says of outputs, stops and batch limits does not matter, but that the
/// search begins with its limit, and keeps to its replicas and threads where it has them. Takes two minutes
/// at most, but for what a first run of each layout takes. Alone, without other ranks. `on_result` hears of
/// each setting as soon as it is measured. Throws UsageError; AgreedError where there are other ranks.
BenchReport run_bench(World& world, RunConfig config, RunObserver& observer,
                      const std::function<void(const BenchReport&, const BenchResult&)>& on_result);

}  // namespace infer
