#include "trial/checks/repeat_check.hpp"

#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace infer::detail {
namespace {

constexpr int kDraws = 8;  ///< of a model that draws: it may draw the same twice
/// What two equal runs may differ by: a GPU may add up in another order each time.
constexpr Tolerance kSameRun{1e-6, 1e-6, 1e-2};
constexpr Tolerance kSameReducedRun{1e-2, 1e-2, 0.25};

}  // namespace

void refuse_chance(const ModelBehaviour& behaviour, const std::string& seen) {
  throw UsageError(
      "the model draws random numbers" +
      (behaviour.chance.empty() ? "" : " (" + joined(behaviour.chance, ", ") + ")") + seen +
      "; save it without them, or give --seed N, which makes the rows the same for any number of ranks");
}

RepeatCheck::RepeatCheck(Model& model, TrialRuns& runs, TrialExamples& examples, const ModelOptions& options,
                         bool reduced)
    : model_(model),
      behaviour_(model.info().behaviour),
      runs_(runs),
      examples_(examples),
      options_(options),
      same_run_(reduced ? kSameReducedRun : kSameRun) {}

void RepeatCheck::look_at(std::size_t first, const Rows& between, std::uint64_t state, bool thorough) {
  first_ = first;
  between_ = between;
  const auto& once = runs_.seen(runs_.alone(first_));
  if (!once.accepted()) refuse_state(once.refusal);
  writes_ = !behaviour_.state.empty() || model_.state_digest() != state;
  thorough_ = thorough || writes_;
  const int times = may_draw() ? kDraws : 1;
  std::optional<RowDifference> apart;
  for (int i = 0; i < times && !apart; ++i) {
    run_others();
    const auto again = runs_.run(runs_.alone(first_));
    if (!again.accepted()) refuse_state(again.refusal);
    apart = difference(once, again);
  }
  if (apart) {
    is_chance() ? settle_chance(*apart) : refuse_state(both_values(*apart));
  } else {
    settle_quiet_state();
    settle_quiet_chance();
  }
}

/// The graph tells; of a compiled model, who gives a seed does.
bool RepeatCheck::may_draw() const {
  return !behaviour_.chance.empty() || (options_.seed && model_.info().format == ModelFormat::aotinductor);
}

void RepeatCheck::run_others() {
  if (!thorough_) return runs_.seen(between_), void();
  for (const auto other : examples_.others_than(first_)) runs_.run(runs_.alone(other));
}

std::optional<RowDifference> RepeatCheck::difference(const Attempt& one, const Attempt& other) const {
  auto found = compare_rows({one.outputs, 0}, {other.outputs, 0}, same_run_);
  return found.is_rounding() && !found.in_shape ? std::nullopt : std::optional(std::move(found));
}

/// Whether two runs, one right after the other, give the same.
bool RepeatCheck::repeats(std::optional<std::uint64_t> seed) {
  const auto one = runs_.run(runs_.alone(first_), false, seed);
  const auto other = runs_.run(runs_.alone(first_), false, seed);
  return one.accepted() && other.accepted() && !difference(one, other);
}

/// What differs from run to run does not when all draw the same.
bool RepeatCheck::is_chance() {
  constexpr std::uint64_t kAnySeed = 1;
  if (model_.info().format == ModelFormat::torchscript && behaviour_.chance.empty()) return false;
  bool differs = false;
  for (int i = 0; i < kDraws && !differs; ++i) differs = !repeats(std::nullopt);
  return differs && repeats(kAnySeed);
}

void RepeatCheck::refuse_state(const std::string& what) const {
  const auto where = behaviour_.state.empty() ? "" : ", in " + joined(behaviour_.state, ", ");
  throw UsageError("the model keeps something from one forward to the next" + where +
                   ": the same record gave " + what +
                   "; rows would depend on what was scored before. Save a model without state, or give "
                   "--stateful, which scores record after record in input order, on one rank");
}

void RepeatCheck::settle_chance(const RowDifference& apart) {
  if (!options_.seed) refuse_chance(behaviour_, ": the same record gave " + both_values(apart));
  runs_.draw_from(*options_.seed);
  thorough_ = true;
  const auto once = runs_.run(runs_.alone(first_));
  run_others();
  const auto again = runs_.run(runs_.alone(first_));
  if (const auto kept = difference(once, again)) refuse_state(both_values(*kept));
}

/// What the trial did not see to matter is said.
void RepeatCheck::settle_quiet_state() {
  if (!writes_) return;
  const auto where = behaviour_.state.empty() ? "its own constants" : joined(behaviour_.state, ", ");
  warnings_.push_back(
      "the model writes into " + where +
      "; the first records gave the same rows in any order, so it is run one batch at a time on each "
      "rank. If "
      "rows are to depend on earlier ones, give --stateful");
}

void RepeatCheck::settle_quiet_chance() {
  if (options_.seed && !behaviour_.chance.empty()) return runs_.draw_from(*options_.seed);
  if (options_.seed) warnings_.push_back("--seed has no effect: this model draws no random numbers");
  if (!behaviour_.chance.empty()) {
    warnings_.push_back(
        "the model has operators that draw random numbers (" + joined(behaviour_.chance, ", ") +
        "); the first records did not show it, but the same bytes cannot be promised without --seed N");
  }
}

}  // namespace infer::detail
