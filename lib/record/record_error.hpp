// Why one record could not be scored. A value, never an exception: it costs one record, not the run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace infer {

enum class RecordErrorCode : std::uint8_t {
  invalid_json,      ///< not one JSON object in valid UTF-8
  invalid_csv,       ///< not a cell for each column, or quotes that do not match
  missing_field,     ///< a model input has no value
  wrong_type,        ///< a value of another kind than the input's dtype
  wrong_shape,       ///< dimensions differ from the input's shape, or nested arrays are ragged
  out_of_range,      ///< an index outside the input's range, or a number outside its dtype
  unfed_field,       ///< a value for an argument of the model that the run does not feed
  too_long,          ///< more bytes than --max-record-bytes, or more tokens than the model takes
  unreadable_image,  ///< no file of that name, or one that may not be read
  invalid_image,     ///< its bytes give no picture, or one with too many pixels
  tokenizer_error,   ///< the tokenizer refused the text, or made no token of it
  model_error,       ///< the model threw for this record alone
  out_of_memory,     ///< the model had no memory even for this record alone
  non_finite,        ///< the prediction has NaN or infinity, which JSON cannot say
};

/// As it stands in the output: "invalid_json", ...
std::string_view error_code_name(RecordErrorCode code);

struct RecordError {
  RecordErrorCode code = RecordErrorCode::invalid_json;
  std::string message;  ///< what was expected, what was found; no position, that is in the row
};

}  // namespace infer
