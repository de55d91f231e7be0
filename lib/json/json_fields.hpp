// Reads the keys of one JSON object strictly: messages name the key, and keys that nobody asked for are
// refused. Internal to how infer.json is read.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace infer::detail {

class JsonFields {
 public:
  /// `place` stands before each key in messages: "model.pt2: infer.json: ", "... text.".
  JsonFields(simdjson::dom::element object, std::string place);

  bool has(std::string_view key) const;
  // Each throws UsageError for a value that is missing or of another kind.
  std::string text(std::string_view key);
  std::int64_t whole_number(std::string_view key, std::int64_t lowest);
  double number(std::string_view key);
  bool boolean(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  JsonFields object(std::string_view key);
  std::vector<JsonFields> objects(std::string_view key);
  simdjson::dom::array array(std::string_view key);
  /// Every member as text, in order, whatever the key; values must be no containers.
  std::vector<std::pair<std::string, std::string>> members() const;

  /// Throws UsageError for the first key that was never asked for.
  void refuse_others() const;
  [[noreturn]] void refuse(std::string_view key, const std::string& reason) const;

 private:
  simdjson::dom::element value(std::string_view key);

  simdjson::dom::object object_;
  std::string place_;
  std::vector<std::string> known_;
};

}  // namespace infer::detail
