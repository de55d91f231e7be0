#include "decoder/object_check.hpp"

#include "decoder/json_values.hpp"
#include "record/chunk.hpp"

namespace infer::detail {
namespace {

std::optional<RecordError> check_members(simdjson::ondemand::object object, Literals& literals) {
  for (auto field : object) {
    std::string_view key;
    if (const auto code = field.unescaped_key().get(key)) return invalid_json(code);
    JsonValue value;
    if (const auto code = field.value().get(value)) return invalid_json(code);
    if (auto error = check_json(value, literals, 1)) return error;
  }
  return std::nullopt;
}

}  // namespace

std::optional<RecordError> ObjectCheck::find_error(std::string_view object_text) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  const simdjson::padded_string_view padded(object_text, object_text.size() + kTailPadding);
  if (const auto code = parser_.iterate(padded).get(document)) return invalid_json(code);
  if (const auto code = document.get_object().get(object)) return invalid_json(code);
  Literals literals{literals_allowed_};
  if (auto failed = check_members(object, literals)) return failed;
  return literals.refusal;
}

}  // namespace infer::detail
