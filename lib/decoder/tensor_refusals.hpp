// What is said of values that an input of numbers or booleans does not take. Internal to the decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "decoder/json_values.hpp"
#include "record/record_error.hpp"
#include "record/tensor.hpp"

namespace infer::detail {

class TensorRefusals {
 public:
  /// `missing_as_nan`: as Signature has it.
  TensorRefusals(TensorSpec spec, bool missing_as_nan);

  RecordError no_array(JsonValue value) const;
  RecordError no_boolean(JsonValue value) const;

  /// Of what could not be read as a number; one that is merely too large is told apart.
  RecordError no_number(JsonValue value) const;
  RecordError no_whole_number(JsonValue value) const;

  RecordError too_large() const;
  RecordError outside(std::int64_t number, ValueRange range) const;

  /// Of a whole number that a guessed type does not hold.
  RecordError inexact(double number) const;

  RecordError wrong_count(std::size_t dimension, std::int64_t found, std::int64_t expected) const;

 private:
  RecordError wrong_type(JsonValue value, const std::string& expected) const;
  RecordError about_input(RecordErrorCode code, const std::string& text) const;

  TensorSpec spec_;
  bool missing_as_nan_;
};

}  // namespace infer::detail
