#include "gpu_line.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace infer {
namespace {

/// A part of the run, and how much of the time its threads or devices had work.
struct Load {
  std::string_view what;
  double share = 0;
};

/// With less there is no saying that a part was in the others' way.
constexpr double kBusyShare = 0.6;

double share_of(double busy, double seconds, std::size_t workers) {
  return busy / std::max(seconds * static_cast<double>(workers), 1e-9);
}

std::string limit_text(std::span<const Load> loads) {
  const auto& most = *std::ranges::max_element(loads, {}, &Load::share);
  if (most.share < kBusyShare) return "limited by no part alone";
  return fmt::format("limited by {} ({:.0f} % busy)", most.what, 100 * std::min(most.share, 1.0));
}

}  // namespace

std::string gpu_line(const RunSummary& summary) {
  const auto work = total_work(summary);
  const auto gpu = share_of(seconds_of(work.device_ns), summary.seconds, summary.gpus);
  const std::array loads{
      Load{"the GPUs", gpu},
      Load{"reading", share_of(seconds_of(work.read_ns), summary.seconds, summary.ranks.size())},
      Load{"decoding and encoding",
           share_of(seconds_of(work.decode_ns + work.encode_ns), summary.seconds, summary.pool_threads)},
      Load{"writing", share_of(summary.write_seconds, summary.seconds, 1)},
  };
  return fmt::format("{} busy {:.0f} % of the time, {}; {} of batches, {:.2f} waits per batch",
                     counted(summary.gpus, "GPU"), 100 * std::min(gpu, 1.0), limit_text(loads),
                     counted(work.shapes, "shape"),
                     static_cast<double>(work.device_waits) / static_cast<double>(work.batches));
}

}  // namespace infer
