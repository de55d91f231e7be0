#include "trial/checks/size_check.hpp"

#include "base/error.hpp"
#include "signature/output_shapes.hpp"

namespace infer::detail {
namespace {

/// Three records were refused and two were not: because there were three, or because of the other one?
std::size_t settle_refusal(TrialRuns& runs, std::size_t first, const Rows& several) {
  const auto& one = runs.seen({first});
  if (one.accepted() && same_kind(one.outputs, runs.seen({first, first}).outputs)) runs.need_rows(1);
  return several.size() > 2 && !runs.seen({first, first, first}).accepted() ? 2 : 0;
}

}  // namespace

std::size_t check_sizes(TrialRuns& runs, std::size_t first, const Rows& several) {
  const auto& one = runs.seen({first});
  const auto& many = runs.seen(several);
  if (many.no_memory) return 0;
  if (many.accepted() && one.accepted() && same_kind(one.outputs, many.outputs)) return 0;
  const auto& two = runs.seen({first, first});
  if (!two.accepted()) return 0;
  runs.need_rows(2);
  if (many.wrong_rows) throw UsageError(many.refusal);
  if (!many.accepted()) return settle_refusal(runs, first, several);
  if (same_kind(two.outputs, many.outputs)) return 0;
  throw UsageError("the model gives other outputs for three records than for two: " + shapes_of(two.outputs) +
                   ", then " + shapes_of(many.outputs) + "; return one result per row in each output");
}

}  // namespace infer::detail
