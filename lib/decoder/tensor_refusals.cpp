#include "decoder/tensor_refusals.hpp"

#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text.hpp"

namespace infer::detail {
namespace {

namespace od = simdjson::ondemand;

constexpr const char* kNumber = "a number";

/// Whether the value is a number beyond what a Number holds.
template <class Number>
bool is_beyond(JsonValue value) {
  const auto token = first_word(value);
  const auto* token_end = token.data() + token.size();
  Number number{};
  const auto [end, status] = std::from_chars(token.data(), token_end, number);
  return status == std::errc::result_out_of_range && end == token_end;
}

std::string number_found(JsonValue value) {
  constexpr std::size_t kShownDigits = 32;
  const auto token = first_word(value);
  return "the number " + std::string(token.substr(0, kShownDigits)) +
         (token.size() > kShownDigits ? "..." : "");
}

}  // namespace

TensorRefusals::TensorRefusals(TensorSpec spec, bool missing_as_nan)
    : spec_(std::move(spec)), missing_as_nan_(missing_as_nan) {}

RecordError TensorRefusals::no_array(JsonValue value) const {
  return wrong_type(value, "an array (shape " + shape_text(spec_.shape) + ")");
}

RecordError TensorRefusals::no_boolean(JsonValue value) const {
  return wrong_type(value, "true or false, or 1 or 0");
}

RecordError TensorRefusals::no_number(JsonValue value) const {
  return is_beyond<double>(value) ? too_large() : wrong_type(value, kNumber);
}

RecordError TensorRefusals::no_whole_number(JsonValue value) const {
  return is_beyond<std::int64_t>(value) ? too_large() : wrong_type(value, "a whole number");
}

RecordError TensorRefusals::too_large() const {
  return about_input(RecordErrorCode::out_of_range,
                     "a number is too large for " + std::string(dtype_name(spec_.dtype)));
}

RecordError TensorRefusals::outside(std::int64_t number, ValueRange range) const {
  return about_input(RecordErrorCode::out_of_range, std::to_string(number) + " is outside " +
                                                        std::to_string(range.low) + ".." +
                                                        std::to_string(range.high));
}

RecordError TensorRefusals::inexact(double number) const {
  return about_input(RecordErrorCode::out_of_range,
                     number_text(number) + " is no " + std::string(dtype_name(spec_.dtype)) +
                         ", which the type was taken for by the first records; give it with --input-spec " +
                         spec_.name + ":int64:" + shape_text(spec_.shape) + ", or as float64");
}

RecordError TensorRefusals::wrong_count(std::size_t dimension, std::int64_t found,
                                        std::int64_t expected) const {
  return about_input(RecordErrorCode::wrong_shape, "dimension " + std::to_string(dimension) + " has " +
                                                       std::to_string(found) + " values, expected " +
                                                       std::to_string(expected) + " (shape " +
                                                       shape_text(spec_.shape) + ")");
}

RecordError TensorRefusals::wrong_type(JsonValue value, const std::string& expected) const {
  od::json_type type;
  const char* advice = is_floating(spec_.dtype) && !missing_as_nan_ ? "; --missing nan takes it" : "";
  if (literal_number(value))
    return about_input(RecordErrorCode::invalid_json, "expected " + expected + ", found " + kind_of(value) +
                                                          ", which JSON has not" + advice);
  if (value.type().get(type)) return no_json(value);
  if (type == od::json_type::boolean || type == od::json_type::null) {
    if (const auto code = check_scalar(value, type)) return invalid_json(code);  // "tru"
  }
  const auto found = type == od::json_type::number ? number_found(value) : std::string(kind_name(type));
  const bool is_number_missing = type == od::json_type::null && expected == kNumber;
  return about_input(RecordErrorCode::wrong_type,
                     "expected " + expected + ", found " + found + (is_number_missing ? advice : ""));
}

RecordError TensorRefusals::about_input(RecordErrorCode code, const std::string& text) const {
  return {code, "input \"" + spec_.name + "\": " + text};
}

}  // namespace infer::detail
