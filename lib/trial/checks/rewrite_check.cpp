#include "trial/checks/rewrite_check.hpp"

namespace infer::detail {

void RewriteCheck::settle(ModelTreatment& treatment, std::span<const Rows> batches) {
  for (const auto rewrites : {Rewrites::all, Rewrites::exact, Rewrites::none}) {
    if (rewrites != Rewrites::all) runs_.forget();  // all of them were in force till now
    treatment.rewrites = rewrites;
    model_.treat(treatment);
    if (rewrites == Rewrites::none || may_keep(batches)) return;
  }
}

bool RewriteCheck::may_keep(std::span<const Rows> batches) {
  for (const auto& rows : batches) {
    if (!runs_.has_time()) return true;
    const auto change = change_in(rows);
    if (change.empty()) continue;
    warnings_.push_back("folding the model's constants for speed changed " + change + ", so it is left out");
    return false;
  }
  return true;
}

/// Empty where there is none, or none that can be told.
std::string RewriteCheck::change_in(const Rows& rows) {
  const auto saved = runs_.run(rows, /*as_saved=*/true);
  const auto& rewritten = runs_.seen(rows);
  if (saved.no_memory || rewritten.no_memory || (!saved.accepted() && !rewritten.accepted())) return {};
  if (saved.accepted() != rewritten.accepted()) return "whether a batch is taken";
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto apart = compare_rows({saved.outputs, row}, {rewritten.outputs, row}, tolerance_);
    if (!apart.is_rounding() || apart.in_shape)
      return "\"" + apart.output + "\" (" + both_values(apart) + ")";
  }
  return {};
}

}  // namespace infer::detail
