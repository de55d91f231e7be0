// Settles what the model's inputs are called, which type and shape they have, and where a record holds them.
#pragma once

#include <string>
#include <vector>

#include "decoder/field_tree.hpp"
#include "model/model.hpp"
#include "pipeline/config.hpp"
#include "record/chunk.hpp"
#include "record/tensor.hpp"

namespace infer {

struct Signature {
  std::vector<TensorSpec> inputs;  ///< in call order
  std::vector<JsonPath> paths;     ///< where a record holds each
};

/// "name:dtype:shape[:lo..hi]", shape per record: "[]", "[5]", "[3,224,224]", "[*]". Throws UsageError.
TensorSpec parse_input_spec(const std::string& text);

/// From --input-spec when given, else from the model's argument names and the values in `sample`: what is
/// open (whole numbers or floats, fixed or variable lengths) is tried on the model with sample records.
/// Every signature is tried on a batch of two before it is returned. Runs the model on this thread.
/// Throws UsageError with the remedy.
Signature resolve_signature(Model& model, const RunConfig& config, const RawChunk& sample);

/// "x:float32:[64] ids:int64:[*]"
std::string describe_signature(const Signature& signature);

std::string serialize_signature(const Signature& signature);
Signature deserialize_signature(const std::string& text);

}  // namespace infer
