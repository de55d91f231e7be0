#include "json/json_fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/error.hpp"

namespace infer::detail {

namespace dom = simdjson::dom;

JsonFields::JsonFields(dom::element object, std::string place) : place_(std::move(place)) {
  if (!object.get_object().get(object_)) return;
  auto name = place_;
  while (name.ends_with('.') || name.ends_with(' ') || name.ends_with(':')) name.pop_back();
  throw UsageError(name + ": must be a JSON object");
}

bool JsonFields::has(std::string_view key) const { return object_.at_key(key).error() == simdjson::SUCCESS; }

void JsonFields::refuse(std::string_view key, const std::string& reason) const {
  throw UsageError(place_ + std::string(key) + ": " + reason +
                   "; the file may be damaged, or made for another version of infer: export the model again");
}

dom::element JsonFields::value(std::string_view key) {
  known_.emplace_back(key);
  dom::element found;
  if (object_.at_key(key).get(found)) refuse(key, "is missing");
  return found;
}

std::string JsonFields::text(std::string_view key) {
  std::string_view text;
  if (value(key).get_string().get(text)) refuse(key, "must be a string");
  return std::string(text);
}

std::int64_t JsonFields::whole_number(std::string_view key, std::int64_t lowest) {
  std::int64_t number = 0;
  if (value(key).get_int64().get(number) || number < lowest)
    refuse(key, "must be a whole number from " + std::to_string(lowest) + " up");
  return number;
}

double JsonFields::number(std::string_view key) {
  double number = 0;
  if (value(key).get_double().get(number)) refuse(key, "must be a number");
  return number;
}

bool JsonFields::boolean(std::string_view key) {
  bool flag = false;
  if (value(key).get_bool().get(flag)) refuse(key, "must be true or false");
  return flag;
}

dom::array JsonFields::array(std::string_view key) {
  dom::array items;
  if (value(key).get_array().get(items)) refuse(key, "must be a list");
  return items;
}

std::vector<std::string> JsonFields::texts(std::string_view key) {
  std::vector<std::string> texts;
  for (const auto item : array(key)) {
    std::string_view text;
    if (item.get_string().get(text)) refuse(key, "must be a list of strings");
    texts.emplace_back(text);
  }
  return texts;
}

JsonFields JsonFields::object(std::string_view key) { return {value(key), place_ + std::string(key) + "."}; }

std::vector<JsonFields> JsonFields::objects(std::string_view key) {
  std::vector<JsonFields> objects;
  for (const auto item : array(key))
    objects.emplace_back(item, place_ + std::string(key) + "[" + std::to_string(objects.size()) + "].");
  return objects;
}

std::vector<std::pair<std::string, std::string>> JsonFields::members() const {
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto [key, item] : object_) {
    std::string_view text;
    if (item.is_object() || item.is_array()) refuse(key, "must be a string, a number or a boolean");
    members.emplace_back(key, item.get_string().get(text) ? simdjson::minify(item) : std::string(text));
  }
  return members;
}

void JsonFields::refuse_others() const {
  for (const auto [key, item] : object_) {
    if (std::ranges::find(known_, key) == known_.end()) refuse(key, "is no key of this schema");
  }
}

}  // namespace infer::detail
