// The kind of input field that holds numbers or booleans. Internal to the decoder.
#pragma once

#include <cstddef>
#include <memory>

#include "decoder/field_reader.hpp"
#include "record/signature.hpp"

namespace infer::detail {

/// Reads the field of input `input`: values nested to the depth of its shape.
std::unique_ptr<FieldReader> make_tensor_field(const Signature& signature, std::size_t input);

}  // namespace infer::detail
