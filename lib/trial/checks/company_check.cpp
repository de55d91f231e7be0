#include "trial/checks/company_check.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "signature/output_shapes.hpp"
#include "signature/own_shapes.hpp"

namespace infer::detail {
namespace {

std::string neighbours_text(const RowDifference& apart) {
  if (apart.in_shape)
    return "the output \"" + apart.output +
           "\" of a record has another shape with others in its batch than alone";
  return "the output \"" + apart.output +
         "\" of a record depends on the records that share its batch: " + both_values(apart) +
         " with others and alone";
}

std::string padding_text(const RowDifference& apart, bool grows) {
  const auto subject = "the output \"" + apart.output + "\" of a record ";
  if (grows)
    return subject + "gets longer with the longest record of its batch: what --pad fills up has results too";
  return subject + "changes when it is filled up to the length of a longer one: " + both_values(apart) +
         " filled up and alone; the model does not mask what --pad puts there";
}

}  // namespace

enum class CompanyCheck::Cut {
  right,  ///< the row has the shape of its record alone
  wrong,
  split,  ///< it is not known where to cut, so that such batches are halved until nothing is filled up
};

void CompanyCheck::look_at(const Company& company) {
  if (!runs_.has_time()) return;
  const auto& together = runs_.seen(company.examples);
  if (!together.accepted()) return;  // such a batch is halved until each record is alone
  for (const auto row : company.looked_at) {
    const auto& by_itself = runs_.seen(runs_.alone(company.examples[row]));
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

/// What becomes of a row when what padding made is cut off.
CompanyCheck::Cut CompanyCheck::try_cut(const Company& company, std::size_t row,
                                        std::span<const NamedTensor> together,
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
  shapes_ = std::move(stated);
  return result;
}

void CompanyCheck::judge(const Company& company, const RowDifference& apart) {
  const bool grows = apart.in_shape && traits(signature_.result.task).output_dims == 0;
  if (apart.is_rounding() && !grows) return;
  const auto what = company.padded ? padding_text(apart, grows) : neighbours_text(apart);
  if (config_.model.allow_batch_effects || (!apart.is_wrong() && !grows)) {
    if (std::ranges::find(warnings_, what) == warnings_.end()) warnings_.push_back(what);
    return;
  }
  throw UsageError(
      what +
      "; --max-batch-size 1 scores each record alone, --allow-batch-effects takes the rows as they "
      "come");
}

}  // namespace infer::detail
