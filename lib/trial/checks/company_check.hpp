// Whether a record's row is the same beside other records as alone. Internal to how signatures are settled.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "record/signature.hpp"
#include "trial/row_difference.hpp"
#include "trial/trial_examples.hpp"
#include "trial/trial_runs.hpp"

namespace infer::detail {

/// Thread-compatible. What it is made of must outlive it.
class CompanyCheck {
 public:
  CompanyCheck(TrialRuns& runs, const TrialExamples& examples, const Signature& signature,
               const RunConfig& config, const Tolerance& tolerance)
      : runs_(runs), examples_(examples), signature_(signature), config_(config), tolerance_(tolerance) {}

  /// Throws UsageError where a row that is looked at would be wrong, unless --allow-batch-effects is given.
  void look_at(const Company& company);

  const std::vector<std::string>& warnings() const { return warnings_; }
  /// Of the outputs that follow their records' lengths; empty where none did.
  const std::vector<Shape>& shapes() const { return shapes_; }

 private:
  enum class Cut;

  Cut try_cut(const Company& company, std::size_t row, std::span<const NamedTensor> together,
              std::span<const NamedTensor> by_itself);
  void judge(const Company& company, const RowDifference& apart);

  TrialRuns& runs_;
  const TrialExamples& examples_;
  const Signature& signature_;
  const RunConfig& config_;
  const Tolerance tolerance_;
  std::vector<std::string> warnings_;
  std::vector<Shape> shapes_;
};

}  // namespace infer::detail
