// The part of infer.json that says what a model takes. Internal to the model library.
#pragma once

#include <optional>
#include <string_view>

#include "json/json_fields.hpp"
#include "record/signature.hpp"

namespace infer::detail {

// Each throws UsageError, naming the key.

/// A string that names one of several.
template <class Value>
Value named(JsonFields& fields, const char* key, std::optional<Value> (*value_of)(std::string_view)) {
  const auto name = fields.text(key);
  const auto value = value_of(name);
  if (!value) fields.refuse(key, "\"" + name + "\" is unknown");
  return *value;
}

/// "shape"; "*" becomes kVariableDim.
Shape read_shape(JsonFields& fields);

/// "image" of the document, for an input of that shape, [height, width, 3].
ImageSpec read_image(JsonFields fields, const Shape& shape);

/// "inputs", "text" and "image" of the document; its task must be known already.
void read_inputs(JsonFields& root, Signature& signature);

}  // namespace infer::detail
