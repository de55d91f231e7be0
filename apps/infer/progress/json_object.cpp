#include "progress/json_object.hpp"

#include <cmath>

#include "base/text.hpp"
#include "json/json_text.hpp"

namespace infer {

JsonObject& JsonObject::add(std::string_view name, std::string_view text) {
  begin(name);
  append_json_string(fields_, text);
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, std::uint64_t number) {
  begin(name);
  append_number(fields_, number);
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, double number) {
  begin(name);
  fields_ += std::isfinite(number) ? number_text(number) : "null";
  return *this;
}

JsonObject& JsonObject::add(std::string_view name, const std::vector<std::string>& texts) {
  begin(name);
  fields_ += '[';
  for (const auto& text : texts) {
    if (fields_.back() != '[') fields_ += ',';
    append_json_string(fields_, text);
  }
  fields_ += ']';
  return *this;
}

void JsonObject::begin(std::string_view name) {
  if (!fields_.empty()) fields_ += ',';
  append_json_string(fields_, name);
  fields_ += ':';
}

}  // namespace infer
