// The stages of a compiled model, or some that follow one another, as one: each on its device, with what it
// takes of the values before it.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/package/compiled_stage.hpp"
#include "model_file/stages.hpp"

namespace infer::detail {

class StageChain {
 public:
  /// `devices`: neighbouring stages share one where they are fewer than `span` has stages; not more than
  /// that. Throws LoadProblem.
  StageChain(const ModelFile& file, StageSpan span, std::span<const c10::Device> devices, int replicas,
             const PackageFiles& files);

  /// What is given to run(), in its order; as the generated code has it for a model that is not cut.
  const std::vector<ModelArgument>& arguments() const { return arguments_; }
  /// Of what run() returns, where they are known: carried to the stages behind these, or the model's outputs.
  const std::vector<std::string>& results() const { return results_; }
  /// Whether the model's outputs come out.
  bool is_last() const { return is_last_; }

  /// On their device, or on that of any stage: they are copied where they are taken. Each stage draws by the
  /// seed and its own number, so that it is the same wherever the stages are. `values` follow arguments().
  std::vector<at::Tensor> run(std::vector<at::Tensor> values, std::optional<std::uint64_t> seed);

  /// Of all stages' constants.
  std::uint64_t constants_digest() const;

 private:
  struct Link {
    std::vector<std::size_t> takes;  // positions among all values; none: all
    std::vector<std::size_t> drops;  // those that nobody takes any more
  };

  void connect(const StagedModel& model, StageSpan span);
  std::vector<at::Tensor> taken(std::vector<at::Tensor>& known, const Link& link, c10::Device device) const;

  std::size_t first_ = 0;
  bool is_last_ = true;
  std::deque<CompiledStage> stages_;
  std::vector<Link> links_;
  std::vector<std::size_t> outputs_;  // positions among all values; none: the results of the only stage
  std::vector<ModelArgument> arguments_;
  std::vector<std::string> results_;
};

}  // namespace infer::detail
