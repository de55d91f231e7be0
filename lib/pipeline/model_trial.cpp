#include "pipeline/model_trial.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "pipeline/output_shapes.hpp"
#include "pipeline/own_shapes.hpp"
#include "pipeline/row_difference.hpp"
#include "pipeline/signature_trial.hpp"
#include "pipeline/trial_examples.hpp"

namespace infer::detail {
namespace {

constexpr Seconds kLongestTrial{60};
constexpr Seconds kQuickForward{0.002};  ///< then more is tried, for it costs nothing
constexpr std::size_t kCrowd = 32;
constexpr int kDraws = 8;  ///< of a model that draws: it may draw the same twice
/// What two equal runs may differ by: a GPU may add up in another order each time.
constexpr Tolerance kSameRun{1e-6, 1e-6, 1e-2};
constexpr Tolerance kSameReducedRun{1e-2, 1e-2, 0.25};

class BehaviourTrial {
 public:
  BehaviourTrial(Model& model, const Signature& signature, const RunConfig& config, TrialExamples examples,
                 bool reduced)
      : model_(model),
        behaviour_(model.info().behaviour),
        signature_(signature),
        config_(config),
        examples_(std::move(examples)),
        most_rows_(most_rows(signature, config)),
        tolerance_(reduced ? kReducedPrecision : kFullPrecision),
        same_run_(reduced ? kSameReducedRun : kSameRun) {}

  ModelFindings settle() {
    if (config_.stateful) return as_stateful();
    refuse_training();
    if (!pick_first()) return untried();
    const auto state = model_.state_digest();
    check_sizes();
    check_repeats(state);
    if (draws_) {  // two graphs may draw in another order, so they cannot be compared
      found_.treatment = {Rewrites::none, true};
    } else {
      check_rewrites();
      check_company();
    }
    if (overdue_) {
      warn(
          "forwards of the first records are slow: whether rows depend on others was looked at in part only");
    }
    return std::move(found_);
  }

 private:
  using Rows = std::vector<std::size_t>;

  /// Record after record, by the graph as it stands in the file: nothing is left to find out.
  ModelFindings as_stateful() {
    found_.treatment = {Rewrites::none, true};
    refuse_training();
    if (!config_.seed && !behaviour_.chance.empty()) throw UsageError(chance_text() + chance_remedy());
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

  Attempt attempt(const Rows& rows, bool as_saved = false, std::optional<std::uint64_t> seed = {}) {
    if (!seed && draws_) seed = config_.seed;
    return try_batch(model_, signature_, examples_.columns(), rows, as_saved, seed);
  }

  /// What these rows gave when they were first run together.
  const Attempt& seen(const Rows& rows) {
    const auto known = seen_.find(rows);
    return known != seen_.end() ? known->second : seen_.emplace(rows, attempt(rows)).first->second;
  }

  /// The batch that stands for one record alone.
  Rows alone(std::size_t example) const { return Rows(found_.min_batch, example); }

  bool has_time() {
    overdue_ = overdue_ || watch_.elapsed_s() > kLongestTrial.count();
    return !overdue_;
  }

  /// The shortest example that the model takes, alone or twice, and one to stand beside it.
  bool pick_first() {
    for (const auto example : examples_.shortest_first()) {
      const Stopwatch watch;
      const auto& one = seen({example});
      thorough_ = watch.elapsed_s() < kQuickForward.count() || !behaviour_.state.empty() ||
                  !behaviour_.chance.empty();
      if (one.no_memory || (!one.accepted() && !seen({example, example}).accepted())) continue;
      first_ = example;
      other_ = examples_.companion_of(example);
      return true;
    }
    return false;
  }

  /// How many rows a batch may have, and whether each has its own result.
  void check_sizes() {
    const auto& one = seen({first_});
    const auto several = most_rows_ > 2 ? Rows{first_, first_, other_} : Rows{first_, first_};
    if (one.accepted() && most_rows_ == 1) return;
    const auto& many = seen(several);
    if (many.no_memory) return;
    if (many.accepted() && one.accepted() && same_kind(one.outputs, many.outputs)) return;
    const auto& two = seen({first_, first_});
    if (!two.accepted()) return;
    found_.min_batch = 2;
    if (many.wrong_rows) throw UsageError(many.refusal);
    if (!many.accepted()) return settle_refusal(several, many.refusal);
    if (same_kind(two.outputs, many.outputs)) return;
    throw UsageError(
        "the model gives other outputs for three records than for two: " + shapes_of(two.outputs) +
        ", then " + shapes_of(many.outputs) + "; return one result per row in each output");
  }

  /// Three records were refused and two were not: because there were three, or because of the other one?
  void settle_refusal(const Rows& several, const std::string& refusal) {
    if (seen({first_}).accepted() && same_kind(seen({first_}).outputs, seen({first_, first_}).outputs))
      found_.min_batch = 1;
    if (several.size() < 3 || seen({first_, first_, first_}).accepted()) return;
    throw UsageError("the model takes two records, but refused three: " + refusal +
                     "; if it is made for two at a time, give --max-batch-size 2");
  }

  /// A record gives the same whenever it comes; else the model keeps state, or draws.
  void check_repeats(std::uint64_t state) {
    const auto& once = seen(alone(first_));
    if (!once.accepted()) refuse_state(once.refusal);
    writes_ = !behaviour_.state.empty() || model_.state_digest() != state;
    thorough_ |= writes_;
    const int times = may_draw() ? kDraws : 1;
    std::optional<RowDifference> apart;
    for (int i = 0; i < times && !apart; ++i) {
      run_others();
      const auto again = attempt(alone(first_));
      if (!again.accepted()) refuse_state(again.refusal);
      apart = difference(once, again, same_run_);
    }
    if (apart) {
      is_chance() ? settle_chance(*apart) : refuse_state(both_values(*apart));
    } else {
      settle_quiet_state();
      settle_quiet_chance();
    }
  }

  /// The graph tells; of a compiled model, who gives a seed does.
  bool may_draw() const {
    return !behaviour_.chance.empty() || (config_.seed && model_.info().format == ModelFormat::aotinductor);
  }

  void run_others() {
    if (!thorough_) return seen(alone(other_)), void();
    for (const auto other : examples_.others_than(first_)) attempt(alone(other));
  }

  std::optional<RowDifference> difference(const Attempt& one, const Attempt& other,
                                          const Tolerance& tolerance) {
    auto found = compare_rows({one.outputs, 0}, {other.outputs, 0}, tolerance);
    return found.is_rounding() && !found.in_shape ? std::nullopt : std::optional(std::move(found));
  }

  /// Whether two runs, one right after the other, give the same.
  bool repeats(std::optional<std::uint64_t> seed) {
    const auto one = attempt(alone(first_), false, seed);
    const auto other = attempt(alone(first_), false, seed);
    return one.accepted() && other.accepted() && !difference(one, other, same_run_);
  }

  /// What differs from run to run does not when all draw the same.
  bool is_chance() {
    constexpr std::uint64_t kAnySeed = 1;
    if (model_.info().format == ModelFormat::torchscript && behaviour_.chance.empty()) return false;
    bool differs = false;
    for (int i = 0; i < kDraws && !differs; ++i) differs = !repeats(std::nullopt);
    return differs && repeats(kAnySeed);
  }

  void refuse_training() {
    const char* remedy =
        ": it was saved in training mode, and eval() cannot undo that in a traced graph; call model.eval() "
        "before "
        "torch.jit.trace";
    if (!behaviour_.training.empty() && !config_.seed) {
      throw UsageError("the model drops values at random (" + joined(behaviour_.training, ", ") + ")" +
                       remedy +
                       ". If that is meant, --seed N makes the rows the same for any number of ranks");
    }
    if (!behaviour_.statistics.empty() && !config_.allow_batch_effects) {
      throw UsageError("the model normalises by the statistics of each batch (" +
                       joined(behaviour_.statistics, ", ") + ")" + remedy +
                       ". If rows are to depend on their batch, give --allow-batch-effects");
    }
  }

  [[noreturn]] void refuse_state(const std::string& what) {
    const auto where = behaviour_.state.empty() ? "" : ", in " + joined(behaviour_.state, ", ");
    throw UsageError("the model keeps something from one forward to the next" + where +
                     ": the same record gave " + what +
                     "; rows would depend on what was scored before. Save a model without state, or give "
                     "--stateful, which scores record after record in input order, on one rank");
  }

  void settle_chance(const RowDifference& apart) {
    if (!config_.seed)
      throw UsageError(chance_text() + ": the same record gave " + both_values(apart) + chance_remedy());
    draws_ = true;
    const auto once = attempt(alone(first_));
    run_others();
    const auto again = attempt(alone(first_));
    if (const auto kept = difference(once, again, same_run_)) refuse_state(both_values(*kept));
  }

  std::string chance_text() const {
    return "the model draws random numbers" +
           (behaviour_.chance.empty() ? "" : " (" + joined(behaviour_.chance, ", ") + ")");
  }

  static const char* chance_remedy() {
    return "; save it without them, or give --seed N, which makes the rows the same for any number of ranks";
  }

  /// What the trial did not see to matter is said.
  void settle_quiet_state() {
    if (!writes_) return;
    found_.treatment.one_at_a_time = true;
    const auto where = behaviour_.state.empty() ? "its own constants" : joined(behaviour_.state, ", ");
    warn("the model writes into " + where +
         "; the first records gave the same rows in any order, so it is run one batch at a time on each "
         "rank. If "
         "rows are to depend on earlier ones, give --stateful");
  }

  void settle_quiet_chance() {
    draws_ = config_.seed.has_value() && !behaviour_.chance.empty();
    if (config_.seed && !draws_) warn("--seed has no effect: this model draws no random numbers");
    if (!config_.seed && !behaviour_.chance.empty()) {
      warn("the model has operators that draw random numbers (" + joined(behaviour_.chance, ", ") +
           "); the first records did not show it, but the same bytes cannot be promised without --seed N");
    }
  }

  /// By the graph as it stands in the file, and by what loading made of it.
  void check_rewrites() {
    if (model_.info().format != ModelFormat::torchscript) return;
    for (const auto rewrites : {Rewrites::all, Rewrites::exact, Rewrites::none}) {
      found_.treatment.rewrites = rewrites;
      model_.treat(found_.treatment);
      if (rewrites == Rewrites::none || !rewrite_changes()) return;
    }
  }

  bool rewrite_changes() {
    seen_.clear();
    std::vector<Rows> batches{alone(first_)};
    if (thorough_ && most_rows_ > 1)
      batches.push_back(examples_.alike(first_, std::min(most_rows_, kManyRows)));
    for (const auto& rows : batches) {
      if (!has_time()) return false;
      const auto saved = attempt(rows, /*as_saved=*/true);
      const auto& rewritten = seen(rows);
      if (saved.no_memory || rewritten.no_memory || (!saved.accepted() && !rewritten.accepted())) continue;
      if (saved.accepted() != rewritten.accepted()) return note_rewrite("whether a batch is taken");
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto apart = compare_rows({saved.outputs, row}, {rewritten.outputs, row}, tolerance_);
        if (!apart.is_rounding() || apart.in_shape)
          return note_rewrite("\"" + apart.output + "\" (" + both_values(apart) + ")");
      }
    }
    return false;
  }

  bool note_rewrite(const std::string& what) {
    warn("folding the model's constants for speed changed " + what + ", so it is left out");
    return true;
  }

  /// Whether a record's row is the same in any company.
  void check_company() {
    if (most_rows_ == 1) return;
    check_batch(examples_.together(most_rows_ > 2 ? Rows{first_, first_, other_} : Rows{other_, first_}));
    const bool asked_for = thorough_ || !config_.pad.empty();  // who made a bundle has tried its padding
    if (const auto filled_up = asked_for ? examples_.filled_up(first_, other_) : std::nullopt)
      check_batch(*filled_up);
    if (!thorough_) return;
    check_batch(examples_.together({other_, first_}));
    for (const auto& company : examples_.companies(first_, most_rows_)) check_batch(company);
    check_batch(examples_.together(examples_.alike(first_, std::min(most_rows_, kCrowd))));
  }

  void check_batch(const Company& company) {
    if (!has_time()) return;
    const auto& together = seen(company.examples);
    if (!together.accepted()) return;  // such a batch is halved until each record is alone
    for (const auto row : company.looked_at) {
      const auto& by_itself = seen(alone(company.examples[row]));
      if (!by_itself.accepted()) continue;
      auto apart = compare_rows({together.outputs, row}, {by_itself.outputs, 0}, tolerance_);
      if (apart.in_shape) {
        const auto cut = try_cut(company, row, together.outputs, by_itself.outputs);
        if (cut == Cut::split) continue;
        apart.in_shape = cut == Cut::wrong;
      }
      judge(company, apart);
    }
  }

  enum class Cut {
    right,  ///< the row has the shape of its record alone
    wrong,
    split,  ///< it is not known where to cut, so that such batches are halved until nothing is filled up
  };

  /// What becomes of a row when what padding made is cut off.
  Cut try_cut(const Company& company, std::size_t row, std::span<const NamedTensor> together,
              std::span<const NamedTensor> by_itself) {
    if (!same_kind(together, by_itself)) return Cut::wrong;
    auto stated = signature_.result.shapes;
    if (stated.empty()) stated = shapes_that_vary(together, by_itself);
    auto result = Cut::right;
    try {
      const auto own = own_shapes(together, stated, signature_.inputs, examples_.columns(), company.examples);
      if (own.empty()) return Cut::wrong;
      for (std::size_t i = 0; i < own.size(); ++i) {
        const auto alone = std::span(by_itself[i].value.shape).subspan(1);
        if (!own[i].empty() && !std::ranges::equal(own[i][row], alone)) return Cut::wrong;
      }
    } catch (const ModelError&) {
      result = Cut::split;
    }
    found_.shapes = std::move(stated);
    return result;
  }

  void judge(const Company& company, const RowDifference& apart) {
    const bool grows = apart.in_shape && signature_.result.task == Task::outputs;
    if (apart.is_rounding() && !grows) return;
    const auto what = company.padded ? padding_text(apart, grows) : neighbours_text(apart);
    if (config_.allow_batch_effects || (!apart.is_wrong() && !grows)) {
      if (std::ranges::find(found_.warnings, what) == found_.warnings.end()) warn(what);
      return;
    }
    throw UsageError(
        what +
        "; --max-batch-size 1 scores each record alone, --allow-batch-effects takes the rows as they "
        "come");
  }

  std::string neighbours_text(const RowDifference& apart) const {
    if (apart.in_shape)
      return "the output \"" + apart.output +
             "\" of a record has another shape with others in its batch than alone";
    return "the output \"" + apart.output +
           "\" of a record depends on the records that share its batch: " + both_values(apart) +
           " with others and alone";
  }

  std::string padding_text(const RowDifference& apart, bool grows) const {
    const auto subject = "the output \"" + apart.output + "\" of a record ";
    if (grows)
      return subject +
             "gets longer with the longest record of its batch: what --pad fills up has results too";
    return subject + "changes when it is filled up to the length of a longer one: " + both_values(apart) +
           " filled up and alone; the model does not mask what --pad puts there";
  }

  static constexpr std::size_t kManyRows = 8;

  Model& model_;
  const ModelBehaviour behaviour_;
  const Signature& signature_;
  const RunConfig& config_;
  TrialExamples examples_;
  const std::size_t most_rows_;
  const Tolerance tolerance_;
  const Tolerance same_run_;
  ModelFindings found_;
  std::map<Rows, Attempt> seen_;  ///< by the rewrites in force
  std::size_t first_ = 0;         ///< the example that the model takes
  std::size_t other_ = 0;         ///< beside it; the same where there is no other
  bool thorough_ = false;         ///< forwards take no time, or the model is suspect
  bool writes_ = false;           ///< the model, into memory that its next forward has too
  bool draws_ = false;            ///< and --seed says from where
  bool overdue_ = false;
  Stopwatch watch_;
};

}  // namespace

ModelFindings try_behaviour(Model& model, const Signature& signature, const RunConfig& config,
                            const RawChunk& sample, const std::shared_ptr<const Tokenizer>& tokenizer,
                            bool reduced_precision) {
  // A number that becomes an index outside of a table is an exception there; elsewhere it ends the process.
  const bool outliers = model.info().format == ModelFormat::torchscript && model.info().device == "cpu";
  TrialExamples examples(signature, config, sample, tokenizer, outliers);
  return BehaviourTrial(model, signature, config, std::move(examples), reduced_precision).settle();
}

}  // namespace infer::detail
