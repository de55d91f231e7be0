// Signatures as text: as people read them, and as ranks send them to each other.
#pragma once

#include <string>

#include "model/model.hpp"
#include "record/signature.hpp"

namespace infer {

/// "x:float32:[64] ids:int64:[*]"
std::string describe_signature(const Signature& signature);

std::string serialize_treatment(const ModelTreatment& treatment);
ModelTreatment deserialize_treatment(const std::string& text);

std::string serialize_signature(const Signature& signature);
Signature deserialize_signature(const std::string& text);

}  // namespace infer
