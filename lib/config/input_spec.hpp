// A model input as people write it for --input-spec.
#pragma once

#include <string>

#include "record/signature.hpp"

namespace infer {

/// "name:dtype:shape[:lo..hi]", shape per record: "[]", "[5]", "[3,224,224]", "[*]". Throws UsageError.
TensorSpec parse_input_spec(const std::string& text);

/// As parse_input_spec() reads it.
std::string input_spec_text(const TensorSpec& spec);

}  // namespace infer
