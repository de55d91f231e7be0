#include "trial/model_trial.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "trial/checks/company_check.hpp"
#include "trial/checks/repeat_check.hpp"
#include "trial/checks/rewrite_check.hpp"
#include "trial/checks/size_check.hpp"
#include "trial/row_difference.hpp"
#include "trial/signature_trial.hpp"
#include "trial/trial_examples.hpp"
#include "trial/trial_runs.hpp"

namespace infer::detail {
namespace {

constexpr Seconds kQuickForward{0.002};  ///< then more is tried, for it costs nothing
constexpr std::size_t kCrowd = 32;
constexpr std::size_t kManyRows = 8;

class BehaviourTrial {
 public:
  BehaviourTrial(Model& model, const Signature& signature, const RunConfig& config, TrialExamples examples,
                 bool reduced)
      : model_(model),
        behaviour_(model.info().behaviour),
        signature_(signature),
        config_(config),
        examples_(std::move(examples)),
        runs_(model, signature, examples_),
        most_rows_(most_rows(signature, config)),
        reduced_(reduced) {}

  ModelFindings settle() {
    if (config_.model.stateful) return as_stateful();
    refuse_training();
    if (!pick_first()) return untried();
    const auto state = model_.state_digest();
    check_size();
    if (found_.max_batch > 0) return std::move(found_);
    check_repeats(state);
    if (runs_.draws()) {  // two graphs may draw in another order, so they cannot be compared
      found_.treatment = {Rewrites::none, true};
    } else {
      check_rewrites();
      check_company();
    }
    found_.min_batch = runs_.min_batch();
    if (runs_.is_overdue()) {
      warn(
          "forwards of the first records are slow: whether rows depend on others was looked at in part only");
    }
    return std::move(found_);
  }

 private:
  /// Record after record, by the graph as it stands in the file: nothing is left to find out.
  ModelFindings as_stateful() {
    found_.treatment = {Rewrites::none, true};
    refuse_training();
    if (!config_.model.seed && !behaviour_.chance.empty()) refuse_chance(behaviour_);
    if (model_.info().format == ModelFormat::torchscript && behaviour_.state.empty())
      warn("--stateful has no effect on the rows: this model keeps nothing from one record to the next");
    return std::move(found_);
  }

  /// What is fixed in the graph is known all the same.
  ModelFindings untried() {
    found_.treatment = {Rewrites::none, !behaviour_.state.empty()};
    if (!examples_.have_all())
      warn(
          "none of the first records could be scored: whether rows depend on anything but their record was "
          "not tried");
    return std::move(found_);
  }

  void warn(std::string text) { found_.warnings.push_back(std::move(text)); }

  template <class Check>
  void take_warnings(const Check& check) {
    found_.warnings.insert(found_.warnings.end(), check.warnings().begin(), check.warnings().end());
  }

  const Tolerance& tolerance() const { return reduced_ ? kReducedPrecision : kFullPrecision; }

  /// The shortest example that the model takes, alone or twice, and one to stand beside it.
  bool pick_first() {
    for (const auto example : examples_.shortest_first()) {
      const Stopwatch watch;
      const auto& one = runs_.seen({example});
      thorough_ = watch.elapsed_s() < kQuickForward.count() || !behaviour_.state.empty() ||
                  !behaviour_.chance.empty();
      if (one.no_memory || (!one.accepted() && !runs_.seen({example, example}).accepted())) continue;
      first_ = example;
      other_ = examples_.companion_of(example);
      return true;
    }
    return false;
  }

  void check_size() {
    if (most_rows_ == 1 && runs_.seen({first_}).accepted()) return;
    found_.max_batch = check_sizes(runs_, first_, most_rows_ > 1 ? company() : Rows{first_, first_});
  }

  /// The least that shows whether a row depends on those before it, beside it, or longer than it.
  Rows company() const { return most_rows_ > 2 ? Rows{other_, first_, first_} : Rows{other_, first_}; }

  /// A record gives the same whenever it comes; else the model keeps state, or draws.
  void check_repeats(std::uint64_t state) {
    RepeatCheck check(model_, runs_, examples_, config_.model, reduced_);
    check.look_at(first_, most_rows_ > 1 ? company() : runs_.alone(other_), state, thorough_);
    thorough_ |= check.writes();
    found_.treatment.one_at_a_time = check.writes();
    take_warnings(check);
  }

  void refuse_training() {
    const char* remedy =
        ": it was saved in training mode, and eval() cannot undo that in a traced graph; call model.eval() "
        "before "
        "torch.jit.trace";
    if (!behaviour_.training.empty() && !config_.model.seed) {
      throw UsageError("the model drops values at random (" + joined(behaviour_.training, ", ") + ")" +
                       remedy +
                       ". If that is meant, --seed N makes the rows the same for any number of ranks");
    }
    if (!behaviour_.statistics.empty() && !config_.model.allow_batch_effects) {
      throw UsageError("the model normalises by the statistics of each batch (" +
                       joined(behaviour_.statistics, ", ") + ")" + remedy +
                       ". A layer with track_running_stats=False does so in any mode. If rows are to depend "
                       "on their batch, give --allow-batch-effects");
    }
  }

  void check_rewrites() {
    if (model_.info().format != ModelFormat::torchscript) return;
    std::vector<Rows> batches{runs_.alone(first_)};
    if (thorough_ && most_rows_ > 1)
      batches.push_back(examples_.alike(first_, std::min(most_rows_, kManyRows)));
    RewriteCheck check(model_, runs_, tolerance());
    check.settle(found_.treatment, batches);
    take_warnings(check);
  }

  /// Whether a record's row is the same in any company.
  void check_company() {
    if (most_rows_ == 1) return;
    CompanyCheck check(runs_, examples_, signature_, config_, tolerance());
    look_at_companies(check);
    found_.shapes = check.shapes();
    take_warnings(check);
  }

  void look_at_companies(CompanyCheck& check) {
    auto least = examples_.together(company());
    if (!thorough_)
      least.looked_at.erase(least.looked_at.begin());  // another forward, for the other one alone
    check.look_at(least);
    const bool asked_for =
        thorough_ || !config_.input.pad.empty();  // who made a bundle has tried its padding
    if (const auto filled_up = asked_for ? examples_.filled_up(first_, other_) : std::nullopt)
      check.look_at(*filled_up);
    if (!thorough_) return;
    check.look_at(examples_.together({first_, other_}));
    for (const auto& company : examples_.companies(first_, most_rows_)) check.look_at(company);
    check.look_at(examples_.together(examples_.alike(first_, std::min(most_rows_, kCrowd))));
  }

  Model& model_;
  const ModelBehaviour behaviour_;
  const Signature& signature_;
  const RunConfig& config_;
  TrialExamples examples_;
  TrialRuns runs_;  // of the examples; what is seen is by the rewrites in force
  const std::size_t most_rows_;
  const bool reduced_;
  ModelFindings found_;
  std::size_t first_ = 0;  ///< the example that the model takes
  std::size_t other_ = 0;  ///< beside it; the same where there is no other
  bool thorough_ = false;  ///< forwards take no time, or the model is suspect
};

}  // namespace

ModelFindings try_behaviour(Model& model, const Signature& signature, const RunConfig& config,
                            const RawChunk& sample, const std::shared_ptr<const Tokenizer>& tokenizer,
                            bool reduced_precision) {
  // A number that becomes an index outside of a table is an exception there; elsewhere it ends the process.
  const bool outliers = model.info().format == ModelFormat::torchscript && model.info().device == "cpu";
  TrialExamples examples(signature, config.input, sample, tokenizer, outliers);
  return BehaviourTrial(model, signature, config, std::move(examples), reduced_precision).settle();
}

}  // namespace infer::detail
