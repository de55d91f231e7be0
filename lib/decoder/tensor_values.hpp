// Reads one JSON value into one input's column. Internal to the decoder.
#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>

#include "record/decoded_chunk.hpp"
#include "record/record_error.hpp"
#include "record/signature.hpp"
#include "record/tensor.hpp"

namespace infer::detail {

using JsonValue = simdjson::ondemand::value;

/// Containers nested deeper than this are refused, so that no record can exhaust the stack.
constexpr int kMaxJsonDepth = 256;

RecordError invalid_json(simdjson::error_code code);

RecordError missing_field(const JsonPath& path);

/// What stands there, for messages: "an array", "null", "NaN", ...
std::string kind_of(JsonValue value);

/// NaN, Infinity or -Infinity: Python and JavaScript write them, and JSON has none of them. Leaves the value
/// to be passed over.
std::optional<double> literal_number(JsonValue value);

/// What becomes of literals in values that nobody wants.
struct Literals {
  bool allowed = false;
  std::optional<RecordError> refusal{};  ///< of the first one, where they are not; the walk goes on behind it
};

/// Walks a value that nobody wants, so that a record with a broken part is never taken for a good one.
std::optional<RecordError> check_json(JsonValue value, Literals& literals, int depth = 0);

/// Parses numbers or booleans, nested to the depth of the spec's shape, and appends one example to a column.
class TensorValues {
 public:
  TensorValues() = default;
  TensorValues(const TensorValues&) = delete;
  TensorValues& operator=(const TensorValues&) = delete;
  virtual ~TensorValues() = default;

  /// On an error the column is left as it was.
  virtual std::optional<RecordError> append(JsonValue value, Column& column) = 0;
};

/// `missing_as_nan`: as Signature has it.
std::unique_ptr<TensorValues> make_tensor_values(const TensorSpec& spec, bool missing_as_nan = false);

}  // namespace infer::detail
