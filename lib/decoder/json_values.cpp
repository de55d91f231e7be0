#include "decoder/json_values.hpp"

#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace infer::detail {
namespace {

namespace od = simdjson::ondemand;

std::optional<RecordError> check_array(JsonValue value, Literals& literals, int depth) {
  od::array array;
  if (const auto code = value.get_array().get(array)) return invalid_json(code);
  for (auto element : array) {
    JsonValue child;
    if (const auto code = element.get(child)) return invalid_json(code);
    if (auto error = check_json(child, literals, depth + 1)) return error;
  }
  return std::nullopt;
}

std::optional<RecordError> check_object(JsonValue value, Literals& literals, int depth) {
  od::object object;
  if (const auto code = value.get_object().get(object)) return invalid_json(code);
  for (auto field : object) {
    std::string_view key;
    if (const auto code = field.unescaped_key().get(key)) return invalid_json(code);
    JsonValue child;
    if (const auto code = field.value().get(child)) return invalid_json(code);
    if (auto error = check_json(child, literals, depth + 1)) return error;
  }
  return std::nullopt;
}

RecordError literal_error(JsonValue value) {
  return {RecordErrorCode::invalid_json, "not a valid JSON object: it has " + kind_of(value) +
                                             ", which JSON has not; write null, or give --missing nan"};
}

}  // namespace

RecordError invalid_json(simdjson::error_code code) {
  std::string reason = simdjson::error_message(code);
  if (code == simdjson::INCORRECT_TYPE) reason = "a value is no number, string, true, false or null";
  if (code == simdjson::INCOMPLETE_ARRAY_OR_OBJECT)
    reason = "something is not closed, or follows the object's end";
  if (code == simdjson::STRING_ERROR)
    reason =
        R"(a string has an escape that JSON lacks, such as \x41, or half of a pair, such as \ud83d alone)";
  if (reason.ends_with('.')) reason.pop_back();
  return {RecordErrorCode::invalid_json, "not a valid JSON object: " + reason};
}

RecordError missing_field(const JsonPath& path) {
  return {RecordErrorCode::missing_field, "field \"" + join_json_path(path) + "\" is missing"};
}

RecordError no_json(JsonValue value) {
  constexpr std::size_t kShown = 16;
  const auto word = first_word(value);
  if (word.size() == 1 && std::string_view("}],:").find(word.front()) != std::string_view::npos)
    return {RecordErrorCode::invalid_json,
            "not a valid JSON object: a value is missing before \"" + std::string(word) + "\""};
  return {RecordErrorCode::invalid_json, "not a valid JSON object: \"" + printable(word.substr(0, kShown)) +
                                             (word.size() > kShown ? "..." : "") + "\" is no JSON value"};
}

std::string_view first_word(JsonValue value) {
  const std::string_view text = value.raw_json_token();
  return text.substr(0, text.find_first_of(" \t\r\n"));
}

std::string_view kind_name(od::json_type type) {
  switch (type) {
    case od::json_type::array: return "an array";
    case od::json_type::object: return "an object";
    case od::json_type::number: return "a number";
    case od::json_type::string: return "a string";
    case od::json_type::boolean: return "a boolean";
    case od::json_type::null: return "null";
  }
  return "something else";
}

std::string kind_of(JsonValue value) {
  if (literal_number(value)) return std::string(first_word(value));
  od::json_type type;
  return value.type().get(type) ? "something else" : std::string(kind_name(type));
}

std::optional<double> literal_number(JsonValue value) {
  constexpr auto kInfinity = std::numeric_limits<double>::infinity();
  const auto token = value.raw_json_token();
  if (token.empty() || std::string_view("NI-").find(token.front()) == std::string_view::npos)
    return std::nullopt;
  const auto word = first_word(value);
  if (word == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (word == "Infinity") return kInfinity;
  return word == "-Infinity" ? std::optional(-kInfinity) : std::nullopt;
}

simdjson::error_code get_long_number(JsonValue value, std::string_view token, double& number) {
  if (const auto code = value.get_double().get(number)) return code;
  constexpr std::size_t kMostDigits = 19;  // that fit into 64 bits
  const bool is_fraction = token.starts_with("0.") || token.starts_with("-0.");
  if (!is_fraction || token.size() - token.find_first_not_of("-0.") <= kMostDigits) return simdjson::SUCCESS;
  double nearest = 0;
  const auto [end, failed] = std::from_chars(token.data(), token.data() + token.size(), nearest);
  if (failed == std::errc{}) number = nearest;  // else it is too small for a double, and read right
  return simdjson::SUCCESS;
}

std::optional<RecordError> check_json(JsonValue value, Literals& literals, int depth) {
  if (depth > kMaxJsonDepth) {
    return RecordError{RecordErrorCode::invalid_json,
                       "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels"};
  }
  od::json_type type;
  if (literal_number(value)) {
    if (!literals.allowed && !literals.refusal) literals.refusal = literal_error(value);
    return std::nullopt;
  }
  if (value.type().get(type)) return no_json(value);
  if (type == od::json_type::array) return check_array(value, literals, depth);
  if (type == od::json_type::object) return check_object(value, literals, depth);
  if (const auto code = check_scalar(value, type)) return invalid_json(code);
  return std::nullopt;
}

simdjson::error_code check_scalar(JsonValue value, od::json_type type) {
  switch (type) {
    case od::json_type::string: return value.get_string().error();
    case od::json_type::boolean: return value.get_bool().error();
    case od::json_type::null: return value.is_null().error();
    default: return value.get_double().error();
  }
}

}  // namespace infer::detail
