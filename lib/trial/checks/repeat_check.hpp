// Whether a record gives the same whenever it comes, or the model keeps state or draws. Internal to how
// signatures are settled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "model/model.hpp"
#include "trial/row_difference.hpp"
#include "trial/trial_examples.hpp"
#include "trial/trial_runs.hpp"

namespace infer::detail {

/// Of a model that draws random numbers, and no seed. `seen`: what that did to a record.
[[noreturn]] void refuse_chance(const ModelBehaviour& behaviour, const std::string& seen = "");

/// Thread-compatible. What it is made of must outlive it.
class RepeatCheck {
 public:
  /// `reduced`: the model computes in less than float32.
  RepeatCheck(Model& model, TrialRuns& runs, TrialExamples& examples, const ModelOptions& options,
              bool reduced);

  /// Runs example `first` again, behind others: `between`, or where it is to be `thorough` all that there
  /// are. `state`: the model's before its first forward. Throws UsageError where rows would hang on what came
  /// before them, or on chance without a seed; with one that matters, all further runs draw from it.
  void look_at(std::size_t first, const Rows& between, std::uint64_t state, bool thorough);

  /// The model writes into memory that its next forward has too.
  bool writes() const { return writes_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  bool may_draw() const;
  void run_others();
  std::optional<RowDifference> difference(const Attempt& one, const Attempt& other) const;
  bool repeats(std::optional<std::uint64_t> seed);
  bool is_chance();
  [[noreturn]] void refuse_state(const std::string& what) const;
  void settle_chance(const RowDifference& apart);
  void settle_quiet_state();
  void settle_quiet_chance();

  Model& model_;
  const ModelBehaviour& behaviour_;
  TrialRuns& runs_;
  TrialExamples& examples_;
  const ModelOptions& options_;
  const Tolerance same_run_;
  std::size_t first_ = 0;
  Rows between_;
  bool thorough_ = false;
  bool writes_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace infer::detail
