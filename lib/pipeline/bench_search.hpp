// Which settings `infer bench` tries, by how fast the earlier ones were. Pure: no clock, no model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace infer {

/// How batches are spread over a rank's cores or a GPU.
struct BenchLayout {
  int replicas = 1;
  int threads = 1;

  bool operator==(const BenchLayout&) const = default;
};

/// One way to run.
struct BenchSetting {
  BenchLayout layout;
  std::size_t limit = 0;  ///< --max-batch-tokens, or --max-batch-size where no length varies

  bool operator==(const BenchSetting&) const = default;
};

/// Speeds that differ by less are alike.
constexpr double kAlike = 0.02;

struct BenchResult {
  BenchSetting setting;
  double rows_per_s = 0;      ///< of the fastest run
  double padding = 0;         ///< share of the elements given to the model
  std::uint64_t batches = 0;  ///< of one run
  bool fits = true;           ///< into the memory, every batch
};

using MeasureSetting = std::function<BenchResult(const BenchSetting&)>;
/// Whether more may be measured.
using HasTime = std::function<bool()>;

/// How many times as fast one setting is as another: of pairs of runs, one right after the other.
struct SpeedRatio {
  double median = 1;
  double low = 1;  ///< quartiles
  double high = 1;
  std::size_t pairs = 0;

  /// Whether it can be measured at all that it is faster.
  bool is_faster() const { return low > 1 + kAlike; }
};

/// Of `cores`: one thread for each batch, two, four, ... and all.
std::vector<BenchLayout> cpu_layouts(int cores);

/// Everything that was tried, in that order. For each layout, limits are doubled and halved as long as that
/// pays: from `limit` for the first, from the best of the one before for the others. Those near the fastest
/// are then measured again, in turn. Without time the search ends where it is.
std::vector<BenchResult> search_settings(std::span<const BenchLayout> layouts, std::size_t limit,
                                         const MeasureSetting& measure, const HasTime& has_time);

/// Seven pairs, at least three whatever the time. The same setting, or one that makes the same batches, is as
/// fast without a run.
SpeedRatio compare_speed(const BenchResult& one, const BenchResult& other, const MeasureSetting& measure_once,
                         const HasTime& has_time);

/// The first result unless another is faster. Of several that are alike the first layout, and its smallest
/// limit, which needs the least memory. `results` has one that fits.
const BenchResult& best_result(std::span<const BenchResult> results);

}  // namespace infer
