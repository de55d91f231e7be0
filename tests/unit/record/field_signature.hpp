// Signatures of models that take numbers, for tests.
#pragma once

#include <utility>
#include <vector>

#include "record/signature.hpp"

namespace infer::test {

/// Each input lies in a record under its own name.
inline Signature field_signature(std::vector<TensorSpec> inputs) {
  Signature signature;
  for (const auto& input : inputs) signature.sources.push_back({{input.name}, {}});
  signature.inputs = std::move(inputs);
  return signature;
}

}  // namespace infer::test
