#include "record/record_error.hpp"

namespace infer {

std::string_view error_code_name(RecordErrorCode code) {
  switch (code) {
    case RecordErrorCode::invalid_json: return "invalid_json";
    case RecordErrorCode::invalid_csv: return "invalid_csv";
    case RecordErrorCode::missing_field: return "missing_field";
    case RecordErrorCode::wrong_type: return "wrong_type";
    case RecordErrorCode::wrong_shape: return "wrong_shape";
    case RecordErrorCode::out_of_range: return "out_of_range";
    case RecordErrorCode::unfed_field: return "unfed_field";
    case RecordErrorCode::too_long: return "too_long";
    case RecordErrorCode::unreadable_image: return "unreadable_image";
    case RecordErrorCode::invalid_image: return "invalid_image";
    case RecordErrorCode::tokenizer_error: return "tokenizer_error";
    case RecordErrorCode::model_error: return "model_error";
    case RecordErrorCode::out_of_memory: return "out_of_memory";
    case RecordErrorCode::non_finite: return "non_finite";
  }
  return "unknown";
}

}  // namespace infer
