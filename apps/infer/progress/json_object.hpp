// One JSON object on a line, field after field. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace infer {

/// Names are not looked at: each is given once.
class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view text);
  JsonObject& add(std::string_view name, const char* text) { return add(name, std::string_view(text)); }
  JsonObject& add(std::string_view name, std::uint64_t number);
  /// What is no number is null.
  JsonObject& add(std::string_view name, double number);
  JsonObject& add(std::string_view name, const std::vector<std::string>& texts);
  /// Nothing where there is none.
  template <class Value>
  JsonObject& add(std::string_view name, const std::optional<Value>& value) {
    return value ? add(name, *value) : *this;
  }

  /// Without its braces.
  const std::string& fields() const { return fields_; }

 private:
  void begin(std::string_view name);

  std::string fields_;
};

}  // namespace infer
