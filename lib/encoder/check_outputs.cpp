#include <utility>

#include "base/error.hpp"
#include "encoder/encoder.hpp"

namespace infer {
namespace {

std::string describe(const NamedTensor& output) {
  return "\"" + output.name + "\" is " + std::string(dtype_name(output.value.dtype)) + " " +
         shape_text(output.value.shape);
}

/// A single score may come without a dimension of its own.
bool is_single_score(const HostTensor& output, const ResultSpec& result) {
  return traits(result.task).ranks_classes && result.activation != Activation::softmax &&
         output.shape.size() == 1;
}

void check_shape(const NamedTensor& output, const ResultSpec& result) {
  const auto& task = traits(result.task);
  const auto& value = output.value;
  if (is_floating(value.dtype) && (value.shape.size() == task.output_dims || is_single_score(value, result)))
    return;
  throw UsageError("--task " + std::string(task.name) + " needs float " + std::string(task.output) +
                   " as the model's first output, but " + describe(output) +
                   "; --task outputs gives the outputs as they are");
}

void check_classes(const NamedTensor& output, const ResultSpec& result) {
  const auto& shape = output.value.shape;
  const auto classes = is_single_score(output.value, result) ? 1 : shape.back();
  if (!result.labels.empty() && std::cmp_not_equal(classes, result.labels.size())) {
    throw UsageError("there are " + std::to_string(result.labels.size()) +
                     " labels, but the model's output has " + std::to_string(classes) + " classes (" +
                     describe(output) + "); check --labels, or export the bundle again");
  }
  if (result.activation == Activation::softmax && classes < 2) {
    throw UsageError("--task classification needs two classes or more, but " + describe(output) +
                     "; --task outputs gives the outputs as they are");
  }
}

}  // namespace

void check_outputs(std::span<const NamedTensor> outputs, const ResultSpec& result) {
  if (outputs.empty()) throw UsageError("the model returns no output; it must return at least one tensor");
  const auto& task = traits(result.task);
  if (task.output_dims == 0) return;
  const auto& output = outputs[0];
  check_shape(output, result);
  if (task.has_classes) return check_classes(output, result);
  if (task.is_vector && result.width != 0 && std::cmp_not_equal(output.value.shape[1], result.width)) {
    throw UsageError("embeddings have " + std::to_string(result.width) + " values, but " + describe(output));
  }
}

}  // namespace infer
