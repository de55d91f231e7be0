// What the decoder asks of JSON values of any kind, and what it says of them. Internal to the decoder.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

/// get_number() of a token that may have more digits than simdjson counts.
simdjson::error_code get_long_number(JsonValue value, std::string_view token, double& number);

/// A number, rounded once. simdjson 3.0 alone reads 0.1234567890123456789012 as 0.0000480...: its count of
/// digits behind "0." is wrong. In this form, and as no call, it costs a long list nothing.
[[gnu::always_inline]] inline simdjson::error_code get_number(simdjson::simdjson_result<JsonValue>& element,
                                                              double& number) {
  constexpr std::size_t kSafeSize = 21;  // "0." and 19 digits
  std::string_view token;
  if (const auto code = element.raw_json_token().get(token)) return code;
  if (token.size() > kSafeSize) [[unlikely]]
    return get_long_number(element.value_unsafe(), token, number);
  return element.get_double().get(number);
}

inline simdjson::error_code get_number(JsonValue value, double& number) {
  simdjson::simdjson_result<JsonValue> element(std::move(value));
  return get_number(element, number);
}

}  // namespace infer::detail
