#include "pipeline/bench_search.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

using namespace infer;

namespace {

using Layouts = std::vector<BenchLayout>;

/// Slower by `slope` for each doubling away from `optimum`; batches of `rows` records of one element each.
struct PretendedModel {
  std::size_t optimum = 512;
  double slope = 0.1;
  std::size_t rows = 100'000;
  std::size_t memory = 1 << 30;  // elements of a batch that fit
  double per_thread = 0.8;       // speed for each doubling of threads

  BenchResult operator()(const BenchSetting& setting) const {
    const auto elements = static_cast<double>(std::min(setting.limit, rows));
    const auto away = std::fabs(std::log2(elements / static_cast<double>(optimum)));
    const auto speed =
        1000 * std::pow(1 - slope, away) * std::pow(per_thread, std::log2(setting.layout.threads));
    return {setting, speed, 0, (rows + setting.limit - 1) / setting.limit, setting.limit <= memory};
  }
};

bool for_ever() { return true; }

BenchSetting best_of(const PretendedModel& model, const Layouts& layouts = {{2, 1}},
                     std::size_t start = 512) {
  return best_result(search_settings(layouts, start, model, for_ever)).setting;
}

}  // namespace

TEST_CASE("bench: layouts of some cores") {
  CHECK(cpu_layouts(1) == Layouts{{1, 1}});
  CHECK(cpu_layouts(2) == Layouts{{2, 1}, {1, 2}});
  CHECK(cpu_layouts(6) == Layouts{{6, 1}, {3, 2}, {1, 4}, {1, 6}});
  CHECK(cpu_layouts(8) == Layouts{{8, 1}, {4, 2}, {2, 4}, {1, 8}});
}

TEST_CASE("bench: the fastest limit is found in either direction, also behind one that is slower") {
  CHECK(best_of({}) == BenchSetting{{2, 1}, 512});
  CHECK(best_of({.optimum = 8192}).limit == 8192);
  CHECK(best_of({.optimum = 16}).limit == 16);
  const auto with_dip = [](const BenchSetting& setting) {
    auto result = PretendedModel{.optimum = 2048}(setting);
    if (setting.limit == 1024) result.rows_per_s /= 2;
    return result;
  };
  CHECK(best_result(search_settings(Layouts{{2, 1}}, 512, with_dip, for_ever)).setting.limit == 2048);
}

TEST_CASE("bench: limits that are much slower are not followed for ever") {
  const auto results = search_settings(Layouts{{2, 1}}, 512, PretendedModel{}, for_ever);
  std::set<std::size_t> limits;
  for (const auto& result : results) CHECK(limits.insert(result.setting.limit).second);
  CHECK(limits == std::set<std::size_t>{128, 256, 512, 1024, 2048});
}

TEST_CASE("bench: among limits that are alike the first, else the smallest, for its memory") {
  CHECK(best_of({.slope = 0}).limit == 512);
  CHECK(best_of({.optimum = 1024, .slope = 0.015}).limit == 512);
  CHECK(best_of({.optimum = 8192, .slope = 0.015}).limit == 4096);
}

TEST_CASE("bench: what changes no batch any more, or does not fit, ends a direction") {
  CHECK(best_of({.optimum = 1 << 20, .rows = 3000}).limit == 4096);
  CHECK(best_of({.optimum = 1 << 20, .memory = 2000}).limit == 1024);
  CHECK(best_of({.optimum = 1 << 20, .memory = 100}).limit == 64);
}

TEST_CASE("bench: one slow measurement does not decide") {
  int calls = 0;
  const auto with_pause = [&](const BenchSetting& setting) {
    auto result = PretendedModel{.slope = 0.05}(setting);
    if (calls++ == 0) result.rows_per_s *= 0.5;
    return result;
  };
  CHECK(best_result(search_settings(Layouts{{2, 1}}, 512, with_pause, for_ever)).setting.limit == 512);
}

TEST_CASE("bench: nothing fits") {
  const auto results = search_settings(Layouts{{2, 1}}, 8, PretendedModel{.memory = 0}, for_ever);
  for (const auto& result : results) CHECK_FALSE(result.fits);
}

TEST_CASE("bench: another layout is taken only when it is faster, and begins where the one before was best") {
  CHECK(best_of({}, cpu_layouts(4)).layout == BenchLayout{4, 1});
  CHECK(best_of({.per_thread = 1.01}, cpu_layouts(4)).layout == BenchLayout{4, 1});
  CHECK(best_of({.per_thread = 1.2}, cpu_layouts(4)).layout == BenchLayout{1, 4});
  const auto results = search_settings(cpu_layouts(2), 512, PretendedModel{.optimum = 4096}, for_ever);
  const auto second = std::find_if(results.begin(), results.end(),
                                   [](const auto& each) { return each.setting.layout.threads == 2; });
  REQUIRE(second != results.end());
  CHECK(second->setting.limit == 4096);
}

TEST_CASE("bench: the search ends when there is no time left") {
  int measured = 0;
  const auto counted = [&](const BenchSetting& setting) {
    ++measured;
    return PretendedModel{.optimum = 1 << 20}(setting);
  };
  const auto results = search_settings(cpu_layouts(4), 512, counted, [&] { return measured < 2; });
  CHECK(measured == 2);
  CHECK(results.size() == 2);
}

TEST_CASE("bench: faster is what is faster in most pairs, noise is not") {
  const auto result = [](std::size_t limit, std::uint64_t batches) {
    return BenchResult{{{2, 1}, limit}, 0, 0, batches, true};
  };
  std::size_t runs = 0;
  const auto by = [&](double factor, double noise) {
    return [&runs, factor, noise](const BenchSetting& setting) {
      const auto swing = 1 + noise * ((runs++ / 2 % 2 == 0) ? 1 : -1);  // each pair in turn
      return BenchResult{setting, 100 * (setting.limit == 64 ? factor * swing : 1), 0, 1, true};
    };
  };
  const auto clear = compare_speed(result(64, 8), result(256, 2), by(1.5, 0.1), for_ever);
  CHECK(clear.is_faster());
  CHECK(clear.pairs == 7);
  CHECK(clear.low < clear.median + 1e-9);
  CHECK(clear.median == Approx(1.65));
  CHECK_FALSE(compare_speed(result(64, 8), result(256, 2), by(1.05, 0.2), for_ever).is_faster());
  CHECK(compare_speed(result(64, 8), result(256, 2), by(1.5, 0), [] { return false; }).pairs == 3);
  runs = 0;
  CHECK(compare_speed(result(64, 2), result(256, 2), by(1.5, 0), for_ever).pairs == 0);
  CHECK(runs == 0);
}
