#include "pipeline/bench_search.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr double kDoubtful = 0.1;  ///< settings this much slower than the fastest may still be faster
constexpr int kRunOffs = 2;
constexpr std::size_t kLeastPairs = 3;
constexpr std::size_t kPairs = 7;
constexpr int kPatience = 2;  ///< slower limits in a row after which a direction is given up

bool is_slower(const BenchResult& result, double rows_per_s) {
  return result.rows_per_s < (1 - kAlike) * rows_per_s;
}

/// Tries limits in one direction from `first` on.
template <class NextLimit>
void walk(BenchResult first, NextLimit next_limit, const MeasureSetting& measure, const HasTime& has_time,
          std::vector<BenchResult>& results) {
  auto fastest = first.fits ? first.rows_per_s : 0;
  auto batches = first.batches;
  auto setting = first.setting;
  for (int slower = 0; slower < kPatience && has_time();) {
    setting.limit = next_limit(setting.limit);
    if (setting.limit == 0) return;
    const auto result = measure(setting);
    results.push_back(result);
    if (!result.fits) {
      if (setting.limit > first.setting.limit) return;
      continue;
    }
    if (result.batches == batches) return;  // all in one already, or each alone
    batches = result.batches;
    slower = is_slower(result, fastest) ? slower + 1 : 0;
    fastest = std::max(fastest, result.rows_per_s);
  }
}

double fastest_of(std::span<const BenchResult> results, const BenchLayout& layout) {
  double fastest = 0;
  for (const auto& result : results) {
    if (result.fits && result.setting.layout == layout) fastest = std::max(fastest, result.rows_per_s);
  }
  return fastest;
}

/// Those that may be the fastest, and the first.
std::vector<BenchResult*> finalists(std::vector<BenchResult>& results) {
  double fastest = 0;
  for (const auto& result : results) fastest = std::max(fastest, result.fits ? result.rows_per_s : 0);
  std::vector<BenchResult*> some;
  for (auto& result : results) {
    const bool is_first = &result == &results.front();
    if (result.fits && (is_first || result.rows_per_s > (1 - kDoubtful) * fastest)) some.push_back(&result);
  }
  return some;
}

/// In turn, so that a busy moment of the machine does not decide.
void run_off(const MeasureSetting& measure, const HasTime& has_time, std::vector<BenchResult>& results) {
  const auto some = finalists(results);
  if (some.size() < 2) return;
  for (int round = 0; round < kRunOffs && has_time(); ++round) {
    for (auto* result : some) {
      const auto again = measure(result->setting);
      result->fits &= again.fits;
      result->rows_per_s = std::max(result->rows_per_s, again.rows_per_s);
    }
  }
}

}  // namespace

std::vector<BenchLayout> cpu_layouts(int cores) {
  std::vector<BenchLayout> layouts;
  for (int threads = 1; threads < cores; threads *= 2) layouts.push_back({cores / threads, threads});
  layouts.push_back({1, cores});
  return layouts;
}

std::vector<BenchResult> search_settings(std::span<const BenchLayout> layouts, std::size_t limit,
                                         const MeasureSetting& measure, const HasTime& has_time) {
  std::vector<BenchResult> results;
  for (const auto& layout : layouts) {
    if (!results.empty() && !has_time()) break;
    const auto first = measure({layout, limit});
    std::vector<BenchResult> tried{first};
    if (first.fits)
      walk(
          first, [](std::size_t value) { return 2 * value; }, measure, has_time, tried);
    walk(
        first, [](std::size_t value) { return value / 2; }, measure, has_time, tried);
    if (fastest_of(tried, layout) > 0) limit = best_result(tried).setting.limit;
    results.insert(results.end(), tried.begin(), tried.end());
  }
  run_off(measure, has_time, results);
  return results;
}

SpeedRatio compare_speed(const BenchResult& one, const BenchResult& other, const MeasureSetting& measure_once,
                         const HasTime& has_time) {
  if (one.setting.layout == other.setting.layout && one.batches == other.batches) return {};
  std::vector<double> ratios;
  while (ratios.size() < kLeastPairs || (ratios.size() < kPairs && has_time())) {
    const auto before = measure_once(other.setting).rows_per_s;
    ratios.push_back(measure_once(one.setting).rows_per_s / before);
  }
  std::ranges::sort(ratios);
  const auto at = [&](double share) {
    return ratios[static_cast<std::size_t>(share * static_cast<double>(ratios.size() - 1))];
  };
  return {at(0.5), at(0.25), at(0.75), ratios.size()};
}

const BenchResult& best_result(std::span<const BenchResult> results) {
  INFER_ASSERT(!results.empty());
  auto layout = results.front().setting.layout;
  for (const auto& result : results) {
    const auto& other = result.setting.layout;
    if (fastest_of(results, layout) < (1 - kAlike) * fastest_of(results, other)) layout = other;
  }
  const auto fastest = fastest_of(results, layout);
  const auto is_candidate = [&](const BenchResult& result) {
    return result.fits && result.setting.layout == layout && !is_slower(result, fastest);
  };
  if (is_candidate(results.front())) return results.front();
  const BenchResult* best = nullptr;
  for (const auto& result : results) {
    if (is_candidate(result) && (best == nullptr || result.setting.limit < best->setting.limit))
      best = &result;
  }
  INFER_ASSERT(best != nullptr);
  return *best;
}

}  // namespace infer
