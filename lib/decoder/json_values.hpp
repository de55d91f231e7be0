// What the decoder asks of JSON values of any kind, and what it says of them. Internal to the decoder.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "record/record_error.hpp"
#include "record/signature.hpp"

namespace infer::detail {

using JsonValue = simdjson::ondemand::value;

/// Containers nested deeper than this are refused, so that no record can exhaust the stack.
constexpr int kMaxJsonDepth = 256;

RecordError invalid_json(simdjson::error_code code);

RecordError missing_field(const JsonPath& path);

/// Of a value that JSON has not.
RecordError no_json(JsonValue value);

/// The value's text up to the first blank.
std::string_view first_word(JsonValue value);

/// "an array", "null", ...
std::string_view kind_name(simdjson::ondemand::json_type type);

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

/// Reads a scalar of a known type, as JSON asks for it: "tru" has the type of a boolean.
simdjson::error_code check_scalar(JsonValue value, simdjson::ondemand::json_type type);

}  // namespace infer::detail
