// The forwards of a trial, each batch remembered, for as long as there is time. Internal to how signatures
// are settled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "trial/signature_trial.hpp"
#include "trial/trial_examples.hpp"

namespace infer::detail {

/// Examples of one batch, in its order.
using Rows = std::vector<std::size_t>;

/// Thread-compatible. What it is made of must outlive it.
class TrialRuns {
 public:
  TrialRuns(Model& model, const Signature& signature, const TrialExamples& examples)
      : model_(model), signature_(signature), examples_(examples) {}

  Attempt run(const Rows& rows, bool as_saved = false, std::optional<std::uint64_t> seed = {});

  /// What these rows gave when they were first run together, as long as nothing is forgotten.
  const Attempt& seen(const Rows& rows);
  void forget() { seen_.clear(); }

  /// The batch that stands for one record alone.
  Rows alone(std::size_t example) const { return Rows(min_batch_, example); }
  void need_rows(std::size_t min_batch) { min_batch_ = min_batch; }
  std::size_t min_batch() const { return min_batch_; }

  /// From now on all that a run draws is a function of it, unless the run has a seed of its own.
  void draw_from(std::uint64_t seed) { seed_ = seed; }
  bool draws() const { return seed_.has_value(); }

  /// Whether the trial may go on; once not, never again.
  bool has_time();
  bool is_overdue() const { return overdue_; }

 private:
  Model& model_;
  const Signature& signature_;
  const TrialExamples& examples_;
  std::map<Rows, Attempt> seen_;
  std::size_t min_batch_ = 1;
  std::optional<std::uint64_t> seed_;
  bool overdue_ = false;
  Stopwatch watch_;
};

}  // namespace infer::detail
