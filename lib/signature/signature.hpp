// Signatures as text: as people write and read them, and as ranks send them to each other.
#pragma once

#include <string>

#include "model/model.hpp"
#include "record/signature.hpp"

namespace infer {

/// "name:dtype:shape[:lo..hi]", shape per record: "[]", "[5]", "[3,224,224]", "[*]". Throws UsageError.
TensorSpec parse_input_spec(const std::string& text);

/// "x:float32:[64] ids:int64:[*]"
std::string describe_signature(const Signature& signature);

std::string serialize_treatment(const ModelTreatment& treatment);
ModelTreatment deserialize_treatment(const std::string& text);

std::string serialize_signature(const Signature& signature);
Signature deserialize_signature(const std::string& text);

}  // namespace infer
