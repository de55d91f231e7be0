#include "decoder/tensor_values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace infer::detail {
namespace {

namespace od = simdjson::ondemand;

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

std::string_view first_word(std::string_view text) { return text.substr(0, text.find_first_of(" \t\r\n")); }

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

simdjson::error_code check_scalar(JsonValue value, od::json_type type) {
  switch (type) {
    case od::json_type::string: return value.get_string().error();
    case od::json_type::boolean: return value.get_bool().error();
    case od::json_type::null: return value.is_null().error();
    default: return value.get_double().error();
  }
}

/// Of a value that JSON has not.
RecordError no_json(JsonValue value) {
  constexpr std::size_t kShown = 16;
  const auto word = first_word(value.raw_json_token());
  if (word.size() == 1 && std::string_view("}],:").find(word.front()) != std::string_view::npos)
    return {RecordErrorCode::invalid_json,
            "not a valid JSON object: a value is missing before \"" + std::string(word) + "\""};
  return {RecordErrorCode::invalid_json, "not a valid JSON object: \"" + printable(word.substr(0, kShown)) +
                                             (word.size() > kShown ? "..." : "") + "\" is no JSON value"};
}

RecordError literal_error(JsonValue value) {
  return {RecordErrorCode::invalid_json, "not a valid JSON object: it has " + kind_of(value) +
                                             ", which JSON has not; write null, or give --missing nan"};
}

struct Boolean {
  bool value = false;
};

template <class T>
class TypedValues final : public TensorValues {
 public:
  TypedValues(TensorSpec spec, bool missing_as_nan)
      : spec_(std::move(spec)), missing_as_nan_(missing_as_nan) {}

  std::optional<RecordError> append(JsonValue value, Column& column) override {
    values_.clear();
    dims_.assign(spec_.shape.size(), kVariableDim);
    if (auto failed = nested(value, 0)) return failed;
    for (std::size_t i = 0; i < dims_.size(); ++i) {
      if (dims_[i] == kVariableDim)
        dims_[i] = std::max<std::int64_t>(spec_.shape[i], 0);  // below an empty array
    }
    const auto bytes = std::as_bytes(std::span(values_));
    column.begins.push_back(column.values.size());
    column.values.insert(column.values.end(), bytes.begin(), bytes.end());
    column.dims.insert(column.dims.end(), dims_.begin(), dims_.end());
    return std::nullopt;
  }

 private:
  std::optional<RecordError> nested(JsonValue value, std::size_t depth) {
    if (depth == spec_.shape.size()) return scalar(value, values_.emplace_back());
    od::array array;
    if (value.get_array().get(array))
      return type_error(value, "an array (shape " + shape_text(spec_.shape) + ")");
    if constexpr (std::is_floating_point_v<T>) {
      if (depth + 1 == spec_.shape.size()) return innermost(array, depth);
    }
    std::int64_t count = 0;
    for (auto element : array) {
      JsonValue child;
      if (const auto code = element.get(child)) return invalid_json(code);
      if (auto failed = nested(child, depth + 1)) return failed;
      ++count;
    }
    return set_dim(depth, count);
  }

  /// What nested() does for the last dimension, for floats: the loop in which decoding spends its time.
  std::optional<RecordError> innermost(od::array array, std::size_t depth) {
    const auto before = values_.size();
    for (auto element : array) {
      double number = 0;
      if (element.get_double().get(number)) [[unlikely]] {
        JsonValue child;
        if (const auto code = element.get(child)) return invalid_json(code);
        const auto missing = missing_value(child);
        if (!missing) return number_error<double>(child, "a number");
        values_.push_back(static_cast<T>(*missing));
        continue;
      }
      if (std::abs(number) > largest()) [[unlikely]] {
        return too_large();
      }
      if (spec_.guessed && !is_exact(number)) [[unlikely]] {
        return inexact(number);
      }
      values_.push_back(static_cast<T>(number));
    }
    return set_dim(depth, static_cast<std::int64_t>(values_.size() - before));
  }

  std::optional<RecordError> scalar(JsonValue value, T& out) const {
    if constexpr (std::is_same_v<T, Boolean>) {
      return boolean(value, out);
    } else if constexpr (std::is_floating_point_v<T>) {
      return real(value, out);
    } else {
      return whole(value, out);
    }
  }

  /// 1 and 0 too, as masks are often written.
  std::optional<RecordError> boolean(JsonValue value, Boolean& out) const {
    if (!value.get_bool().get(out.value)) return std::nullopt;
    std::int64_t number = 0;
    const bool is_bit = !value.get_int64().get(number) && (number == 0 || number == 1);
    if (!is_bit) return type_error(value, "true or false, or 1 or 0");
    out.value = number == 1;
    return std::nullopt;
  }

  /// What stands for a number that is not there, where that is asked for.
  std::optional<double> missing_value(JsonValue value) const {
    if (!missing_as_nan_) return std::nullopt;
    if (first_word(value.raw_json_token()) == "null") return std::numeric_limits<double>::quiet_NaN();
    return literal_number(value);
  }

  std::optional<RecordError> real(JsonValue value, T& out) const {
    double number = 0;
    if (value.get_double().get(number)) {
      const auto missing = missing_value(value);
      if (!missing) return number_error<double>(value, "a number");
      out = static_cast<T>(*missing);
      return std::nullopt;
    }
    if (std::abs(number) > largest()) return too_large();
    if (spec_.guessed && !is_exact(number)) return inexact(number);
    out = static_cast<T>(number);
    return std::nullopt;
  }

  std::optional<RecordError> whole(JsonValue value, T& out) const {
    std::int64_t number = 0;
    if (value.get_int64().get(number)) return number_error<std::int64_t>(value, "a whole number");
    const auto range =
        spec_.range.value_or(ValueRange{std::numeric_limits<T>::min(), std::numeric_limits<T>::max()});
    const auto low = std::max<std::int64_t>(range.low, std::numeric_limits<T>::min());
    const auto high = std::min<std::int64_t>(range.high, std::numeric_limits<T>::max());
    if (number < low || number > high) {
      return error(RecordErrorCode::out_of_range, std::to_string(number) + " is outside " +
                                                      std::to_string(low) + ".." + std::to_string(high));
    }
    out = static_cast<T>(number);
    return std::nullopt;
  }

  /// Checks one finished array against the spec and its sibling arrays.
  std::optional<RecordError> set_dim(std::size_t depth, std::int64_t count) {
    const auto want = spec_.shape[depth] != kVariableDim ? spec_.shape[depth] : dims_[depth];
    if (want != kVariableDim && count != want) {
      return error(RecordErrorCode::wrong_shape, "dimension " + std::to_string(depth) + " has " +
                                                     std::to_string(count) + " values, expected " +
                                                     std::to_string(want) + " (shape " +
                                                     shape_text(spec_.shape) + ")");
    }
    dims_[depth] = count;
    return std::nullopt;
  }

  RecordError error(RecordErrorCode code, const std::string& text) const {
    return {code, "input \"" + spec_.name + "\": " + text};
  }

  RecordError too_large() const {
    return error(RecordErrorCode::out_of_range,
                 "a number is too large for " + std::string(dtype_name(spec_.dtype)));
  }

  /// Of a whole number: whether T holds it. From 2^53 on nobody knows any more what was written.
  static bool is_exact(double number) {
    constexpr double kExactInDouble = 9007199254740992.0;
    if (number != std::trunc(number)) return true;
    return std::abs(number) < kExactInDouble && static_cast<double>(static_cast<T>(number)) == number;
  }

  RecordError inexact(double number) const {
    return error(RecordErrorCode::out_of_range,
                 number_text(number) + " is no " + std::string(dtype_name(spec_.dtype)) +
                     ", which the type was taken for by the first records; give it with --input-spec " +
                     spec_.name + ":int64:" + shape_text(spec_.shape) + ", or as float64");
  }

  /// The largest finite value of the model's type, which may be narrower than T (IEEE 754 binary16).
  double largest() const {
    constexpr double kLargestFloat16 = 65504;
    return spec_.dtype == DType::float16 ? kLargestFloat16
                                         : static_cast<double>(std::numeric_limits<T>::max());
  }

  /// For a value that could not be read as a Number: one that is merely too large is told apart.
  template <class Number>
  RecordError number_error(JsonValue value, const std::string& expected) const {
    const auto token = first_word(value.raw_json_token());
    Number number{};
    const auto [end, status] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (status == std::errc::result_out_of_range && end == token.data() + token.size()) return too_large();
    return type_error(value, expected);
  }

  RecordError type_error(JsonValue value, const std::string& expected) const {
    constexpr std::size_t kShownDigits = 32;
    od::json_type type;
    const char* advice = is_floating(spec_.dtype) && !missing_as_nan_ ? "; --missing nan takes it" : "";
    if (literal_number(value))
      return {RecordErrorCode::invalid_json, "input \"" + spec_.name + "\": expected " + expected +
                                                 ", found " + kind_of(value) + ", which JSON has not" +
                                                 advice};
    if (value.type().get(type)) return no_json(value);
    if (type == od::json_type::boolean || type == od::json_type::null) {
      if (const auto code = check_scalar(value, type)) return invalid_json(code);  // "tru"
    }
    auto found = std::string(kind_name(type));
    if (type == od::json_type::number) {
      const auto token = first_word(value.raw_json_token());
      found = "the number " + std::string(token.substr(0, kShownDigits)) +
              (token.size() > kShownDigits ? "..." : "");
    }
    const bool is_number_missing = type == od::json_type::null && expected == "a number";
    return error(RecordErrorCode::wrong_type,
                 "expected " + expected + ", found " + found + (is_number_missing ? advice : ""));
  }

  TensorSpec spec_;
  bool missing_as_nan_;
  Shape dims_;
  std::vector<T> values_;
};

}  // namespace

RecordError invalid_json(simdjson::error_code code) {
  std::string reason = simdjson::error_message(code);
  if (code == simdjson::INCORRECT_TYPE) reason = "a value is no number, string, true, false or null";
  if (code == simdjson::INCOMPLETE_ARRAY_OR_OBJECT)
    reason = "something is not closed, or follows the object's end";
  if (reason.ends_with('.')) reason.pop_back();
  return {RecordErrorCode::invalid_json, "not a valid JSON object: " + reason};
}

RecordError missing_field(const JsonPath& path) {
  return {RecordErrorCode::missing_field, "field \"" + join_json_path(path) + "\" is missing"};
}

std::string kind_of(JsonValue value) {
  if (literal_number(value)) return std::string(first_word(value.raw_json_token()));
  od::json_type type;
  return value.type().get(type) ? "something else" : std::string(kind_name(type));
}

std::optional<double> literal_number(JsonValue value) {
  constexpr auto kInfinity = std::numeric_limits<double>::infinity();
  const auto token = value.raw_json_token();
  if (token.empty() || std::string_view("NI-").find(token.front()) == std::string_view::npos)
    return std::nullopt;
  const auto word = first_word(token);
  if (word == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (word == "Infinity") return kInfinity;
  return word == "-Infinity" ? std::optional(-kInfinity) : std::nullopt;
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

std::unique_ptr<TensorValues> make_tensor_values(const TensorSpec& spec, bool missing_as_nan) {
  switch (spec.dtype) {
    case DType::float16:
    case DType::bfloat16:
    case DType::float32: return std::make_unique<TypedValues<float>>(spec, missing_as_nan);
    case DType::float64: return std::make_unique<TypedValues<double>>(spec, missing_as_nan);
    case DType::int64: return std::make_unique<TypedValues<std::int64_t>>(spec, missing_as_nan);
    case DType::int32: return std::make_unique<TypedValues<std::int32_t>>(spec, missing_as_nan);
    case DType::int16: return std::make_unique<TypedValues<std::int16_t>>(spec, missing_as_nan);
    case DType::int8: return std::make_unique<TypedValues<std::int8_t>>(spec, missing_as_nan);
    case DType::uint8: return std::make_unique<TypedValues<std::uint8_t>>(spec, missing_as_nan);
    case DType::boolean: return std::make_unique<TypedValues<Boolean>>(spec, missing_as_nan);
  }
  throw InternalError("an input has an unknown dtype");
}

}  // namespace infer::detail
