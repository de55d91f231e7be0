#include "bench.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <string>

#include "base/error.hpp"
#include "base/standard_output.hpp"
#include "base/text.hpp"
#include "pipeline/bench.hpp"
#include "progress/progress_line.hpp"

namespace infer {
namespace {

const char* limit_flag(const BenchReport& report) {
  return report.by_tokens ? "max-batch-tokens" : "max-batch-size";
}

std::string row_text(const BenchReport& report, const BenchResult& result) {
  const auto& setting = result.setting;
  const auto layout = report.on_cpu ? fmt::format("--replicas {} --threads {}", setting.layout.replicas,
                                                  setting.layout.threads)
                                    : fmt::format("--replicas {}", setting.layout.replicas);
  if (!result.fits)
    return fmt::format("{} --{} {}: does not fit into the memory", layout, limit_flag(report), setting.limit);
  return fmt::format("{} --{} {}: {} rows/s, {:.1f} % padding, {}", layout, limit_flag(report), setting.limit,
                     rate_text(result.rows_per_s), 100 * result.padding,
                     counted(result.batches, "batch", "batches"));
}

/// On a CPU --threads says it all: replicas take the cores that are left, however many a rank has.
std::string config_lines(const RunConfig& config, const BenchReport& report) {
  const auto& best = report.best;
  auto text = fmt::format("# infer bench: {} rows/s with {}, the fastest of some runs over {}\n",
                          rate_text(best.rows_per_s), config.model.path, counted(report.rows, "row"));
  text += fmt::format("{} = {}\n", limit_flag(report), best.setting.limit);
  if (report.on_cpu) return text + fmt::format("threads = {}\n", best.setting.layout.threads);
  return text + fmt::format("replicas = {}\n", best.setting.layout.replicas);
}

std::string verdict(const BenchReport& report) {
  const auto& first = report.results.front();
  const auto& ratio = report.faster;
  if (!first.fits) return "what a run would have had does not fit; the fastest that does";
  const auto measured = fmt::format("{:.2f} times as fast, quartiles {:.2f} to {:.2f} of {} pairs of runs",
                                    ratio.median, ratio.low, ratio.high, ratio.pairs);
  if (ratio.is_faster()) return "faster than what a run would have had: " + measured;
  const auto doubt = ratio.pairs == 0 ? "" : " (the fastest was " + measured + ")";
  return "no measurable difference to what a run would have had, so that stays" + doubt;
}

}  // namespace

void bench(World& world, const RunConfig& config, RunObserver& observer) {
  const auto report =
      run_bench(world, config, observer, [](const BenchReport& so_far, const BenchResult& result) {
        spdlog::info("{}", row_text(so_far, result));
      });
  spdlog::info("{}; as lines for --config:", verdict(report));
  if (!answer_on_standard_output(config_lines(config, report)))
    throw RunError("cannot write the flags to standard output");
}

}  // namespace infer
