// A model in stages, which run one after the other: what each takes and gives. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "record/signature.hpp"

namespace infer {

/// One compiled model of several in a package.
struct ModelStage {
  std::string name;  ///< of the model in the package
  /// In call order: of the model's inputs, and of what earlier stages give.
  std::vector<std::string> takes;
  std::vector<std::string> gives;  ///< in the order of its results; the last stage's are the model's outputs
};

/// Stages that follow one another.
struct StageSpan {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const { return end - begin; }
  bool operator==(const StageSpan&) const = default;
};

/// Part `part` of `parts`: as many stages to each as to the others, one more to the first ones.
StageSpan share_of_stages(std::size_t stages, std::size_t part, std::size_t parts);

/// What must be known where stage `stage` begins: in the order in which it came about, the inputs first. For
/// the first stage all `inputs`; behind the last one, the model's outputs.
std::vector<std::string> carried_into(std::span<const ModelStage> stages, std::span<const std::string> inputs,
                                      std::size_t stage);

/// All of a package's, with the names of the model's inputs. A model that is not cut is one stage, which
/// takes and gives without names.
struct StagedModel {
  std::vector<ModelStage> stages;
  std::vector<std::string> inputs;

  bool is_cut() const { return stages.size() > 1; }
};

namespace detail {

class JsonFields;

/// "stages" of a bundle's document. Throws UsageError, naming the key, for stages that do not lead from the
/// inputs to the outputs of `signature`.
std::vector<ModelStage> read_stages(JsonFields& root, const Signature& signature);

}  // namespace detail
}  // namespace infer
