// Whether what loading makes of a model's graph gives the rows of the graph as it stands in the file.
// Internal to how signatures are settled.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "trial/row_difference.hpp"
#include "trial/trial_runs.hpp"

namespace infer::detail {

/// Thread-compatible. What it is made of must outlive it.
class RewriteCheck {
 public:
  RewriteCheck(Model& model, TrialRuns& runs, const Tolerance& tolerance)
      : model_(model), runs_(runs), tolerance_(tolerance) {}

  /// Sets `treatment.rewrites` to the most that change no row of `batches`, and treats the model so.
  void settle(ModelTreatment& treatment, std::span<const Rows> batches);

  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  bool may_keep(std::span<const Rows> batches);
  std::string change_in(const Rows& rows);

  Model& model_;
  TrialRuns& runs_;
  const Tolerance tolerance_;
  std::vector<std::string> warnings_;
};

}  // namespace infer::detail
