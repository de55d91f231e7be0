// The outputs of earlier runs whose rows may be taken over.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "encoder/encoder.hpp"
#include "keys/keys_text.hpp"
#include "reuse/reuse_source.hpp"

namespace infer {

/// "--top-k: 3 then, 1 now"; empty where all are the same.
std::vector<std::string> key_differences(const std::vector<KeyFact>& then, const std::vector<KeyFact>& now);

/// The files of `outputs`, of which some may be folders of parts. Throws UsageError for one that is not
/// there, not complete, or has no keys.
std::vector<std::string> reused_outputs(const std::vector<std::string>& outputs);

/// `output`, in the format of `encoder`.
ReuseSource reuse_source(const std::string& output, const EncoderConfig& encoder);

}  // namespace infer
