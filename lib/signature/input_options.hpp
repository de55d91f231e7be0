// What the command line says about inputs, laid over what model and bundle say.
#pragma once

#include <string>

#include "config/config.hpp"
#include "record/signature.hpp"

namespace infer::detail {

/// Where --field says the input lies, else at its own name.
JsonPath path_of(const InputOptions& input, const std::string& name);

/// Applies --field, --pad, --truncate and --max-length; refuses them for inputs that the model has not,
/// values that an input cannot have, and one field for two inputs. Throws UsageError.
void apply_input_options(Signature& signature, const InputOptions& input);

}  // namespace infer::detail
