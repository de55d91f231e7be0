#include "decoder/tensor_field.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "base/error.hpp"
#include "decoder/chunk_columns.hpp"
#include "decoder/json_values.hpp"
#include "decoder/tensor_refusals.hpp"

namespace infer::detail {
namespace {

namespace od = simdjson::ondemand;

struct Boolean {
  bool value = false;
};

/// From here on a number becomes infinite in the model's type, into which it is rounded by way of float32.
double infinite_from(DType dtype) {
  switch (dtype) {
    case DType::float16: return 0x1.ffdfffp15;
    case DType::bfloat16: return 0x1.feffffp127;
    case DType::float32: return 0x1.ffffffp127;
    default: return std::numeric_limits<double>::infinity();
  }
}

template <class T>
class TensorField final : public FieldReader {
 public:
  TensorField(const Signature& signature, std::size_t input)
      : spec_(signature.inputs[input]),
        infinite_from_(infinite_from(spec_.dtype)),
        missing_as_nan_(signature.missing_as_nan),
        refusals_(spec_, missing_as_nan_),
        path_(signature.sources[input].path),
        input_(input) {}

  std::span<const JsonPath> paths() const override { return {&path_, 1}; }

  std::optional<RecordError> take(JsonValue value, std::size_t /*field*/, DecodedChunk& chunk) override {
    auto& column = chunk.inputs[input_];
    truncate(column, chunk.examples);
    values_.clear();
    dims_.assign(spec_.shape.size(), kVariableDim);
    if (auto failed = nested(value, 0)) return failed;
    for (std::size_t i = 0; i < dims_.size(); ++i) {
      if (dims_[i] == kVariableDim)
        dims_[i] = std::max<std::int64_t>(spec_.shape[i], 0);  // below an empty array
    }
    append_to(column);
    return std::nullopt;
  }

  bool take_plain(const PlainValue& numbers, std::size_t /*field*/, DecodedChunk& chunk) override {
    const std::size_t depth = numbers.form == PlainForm::list ? 1 : 0;
    if (spec_.shape.size() != depth) return false;
    dims_.assign(depth, static_cast<std::int64_t>(numbers.count));
    if (depth > 0 && spec_.shape[0] != kVariableDim && spec_.shape[0] != dims_[0]) return false;
    if (!convert(numbers)) return false;
    truncate(chunk.inputs[input_], chunk.examples);
    append_to(chunk.inputs[input_]);
    return true;
  }

  void add_to(KeyDigest& digest, const DecodedChunk& /*chunk*/) const override {
    for (const auto dim : dims_) digest.add(dim);
    const auto bytes = std::as_bytes(std::span(values_));
    digest.add({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  /// take() has put the value into its column.
  std::optional<RecordError> append(DecodedChunk& /*chunk*/) override { return std::nullopt; }

 private:
  void append_to(Column& column) const {
    const auto bytes = std::as_bytes(std::span(values_));
    column.begins.push_back(column.values.size());
    column.values.insert(column.values.end(), bytes.begin(), bytes.end());
    column.dims.insert(column.dims.end(), dims_.begin(), dims_.end());
  }

  /// Into `values_`. False where one would be refused, or may be another value than its text has.
  bool convert(const PlainValue& numbers) {
    switch (numbers.kind) {
      case PlainKind::float32:
        return convert_from(reinterpret_cast<const float*>(numbers.values), numbers.count);
      case PlainKind::float64:
        return convert_from(reinterpret_cast<const double*>(numbers.values), numbers.count);
      case PlainKind::int64:
        return convert_from(reinterpret_cast<const std::int64_t*>(numbers.values), numbers.count);
      case PlainKind::text: break;
    }
    return false;
  }

  template <class From>
  bool convert_from(const From* from, std::size_t count) {
    if constexpr (std::is_same_v<T, Boolean> || (std::is_same_v<T, double> && std::is_same_v<From, float>) ||
                  (std::is_integral_v<T> && !std::is_integral_v<From>)) {
      return false;
    } else {
      const bool good = std::all_of(from, from + count, [&](From number) { return takes(number); });
      if (!good) return false;
      values_.resize(count);
      std::transform(from, from + count, values_.begin(), [](From number) { return static_cast<T>(number); });
      return true;
    }
  }

  /// As the text of a number is taken.
  template <class From>
  bool takes(From number) const {
    if constexpr (std::is_floating_point_v<T>) {
      const auto value = static_cast<double>(number);
      return std::abs(value) < infinite_from_ && (!spec_.guessed || is_exact(value));
    } else {
      const auto range = whole_range();
      return number >= range.low && number <= range.high;
    }
  }

  std::optional<RecordError> nested(JsonValue value, std::size_t depth) {
    if (depth == spec_.shape.size()) return scalar(value, values_.emplace_back());
    od::array array;
    if (value.get_array().get(array)) return refusals_.no_array(value);
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
      if (get_number(element, number)) [[unlikely]] {
        JsonValue child;
        if (const auto code = element.get(child)) return invalid_json(code);
        const auto missing = missing_value(child);
        if (!missing) return refusals_.no_number(child);
        values_.push_back(static_cast<T>(*missing));
        continue;
      }
      if (std::abs(number) >= infinite_from_) [[unlikely]] {
        return refusals_.too_large();
      }
      if (spec_.guessed && !is_exact(number)) [[unlikely]] {
        return refusals_.inexact(number);
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
    if (!is_bit) return refusals_.no_boolean(value);
    out.value = number == 1;
    return std::nullopt;
  }

  /// What stands for a number that is not there, where that is asked for.
  std::optional<double> missing_value(JsonValue value) const {
    if (!missing_as_nan_) return std::nullopt;
    if (first_word(value) == "null") return std::numeric_limits<double>::quiet_NaN();
    return literal_number(value);
  }

  std::optional<RecordError> real(JsonValue value, T& out) const {
    double number = 0;
    if (get_number(value, number)) {
      const auto missing = missing_value(value);
      if (!missing) return refusals_.no_number(value);
      out = static_cast<T>(*missing);
      return std::nullopt;
    }
    if (std::abs(number) >= infinite_from_) return refusals_.too_large();
    if (spec_.guessed && !is_exact(number)) return refusals_.inexact(number);
    out = static_cast<T>(number);
    return std::nullopt;
  }

  std::optional<RecordError> whole(JsonValue value, T& out) const {
    std::int64_t number = 0;
    if (value.get_int64().get(number)) return refusals_.no_whole_number(value);
    const auto range = whole_range();
    if (number < range.low || number > range.high) return refusals_.outside(number, range);
    out = static_cast<T>(number);
    return std::nullopt;
  }

  ValueRange whole_range() const {
    constexpr ValueRange kWidest{std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
    const auto range = spec_.range.value_or(kWidest);
    return {std::max(range.low, kWidest.low), std::min(range.high, kWidest.high)};
  }

  /// Checks one finished array against the spec and its sibling arrays.
  std::optional<RecordError> set_dim(std::size_t depth, std::int64_t count) {
    const auto want = spec_.shape[depth] != kVariableDim ? spec_.shape[depth] : dims_[depth];
    if (want != kVariableDim && count != want) return refusals_.wrong_count(depth, count, want);
    dims_[depth] = count;
    return std::nullopt;
  }

  /// Of a whole number: whether T holds it. From 2^53 on nobody knows any more what was written.
  static bool is_exact(double number) {
    constexpr double kExactInDouble = 9007199254740992.0;
    if (number != std::trunc(number)) return true;
    return std::abs(number) < kExactInDouble && static_cast<double>(static_cast<T>(number)) == number;
  }

  TensorSpec spec_;
  double infinite_from_;
  bool missing_as_nan_;
  Shape dims_;
  std::vector<T> values_;
  TensorRefusals refusals_;
  JsonPath path_;
  std::size_t input_;
};

}  // namespace

std::unique_ptr<FieldReader> make_tensor_field(const Signature& signature, std::size_t input) {
  switch (signature.inputs.at(input).dtype) {
    case DType::float16:
    case DType::bfloat16:
    case DType::float32: return std::make_unique<TensorField<float>>(signature, input);
    case DType::float64: return std::make_unique<TensorField<double>>(signature, input);
    case DType::int64: return std::make_unique<TensorField<std::int64_t>>(signature, input);
    case DType::int32: return std::make_unique<TensorField<std::int32_t>>(signature, input);
    case DType::int16: return std::make_unique<TensorField<std::int16_t>>(signature, input);
    case DType::int8: return std::make_unique<TensorField<std::int8_t>>(signature, input);
    case DType::uint8: return std::make_unique<TensorField<std::uint8_t>>(signature, input);
    case DType::boolean: return std::make_unique<TensorField<Boolean>>(signature, input);
  }
  throw InternalError("an input has an unknown dtype");
}

}  // namespace infer::detail
