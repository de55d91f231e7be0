// Writes JSON objects and lists, appended to a buffer.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "json/json_text.hpp"

namespace infer {

/// Appends members of one JSON object.
class JsonMembers {
 public:
  explicit JsonMembers(std::string& out) : out_(out) { out_ += '{'; }
  void number(std::string_view key, std::uint64_t value) { append_number(begin(key), value); }
  void text(std::string_view key, std::string_view value) { append_json_string(begin(key), value); }
  /// NaN and infinity, which JSON cannot say, become null.
  void real(std::string_view key, double value) {
    begin(key) += std::isfinite(value) ? number_text(value) : "null";
  }
  void flag(std::string_view key, bool value) { begin(key) += value ? "true" : "false"; }
  std::string& begin(std::string_view key) {
    if (out_.back() != '{') out_ += ',';
    append_json_string(out_, key);
    return out_ += ':';
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
};

/// `append` adds an item's text.
template <class Items, class Append>
void append_list(std::string& out, const Items& items, const Append& append) {
  out += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ',';
    append(out, items[i]);
  }
  out += ']';
}

}  // namespace infer
