#include <array>

#include "peek/rows/row_reader.hpp"

namespace infer {
namespace {

constexpr std::array<std::string_view, 3> kLiterals{"-Infinity", "Infinity", "NaN"};
constexpr std::string_view kNull = "null";

/// The literal at the front of `text`.
std::string_view literal_at(std::string_view text) {
  for (const auto literal : kLiterals) {
    if (text.starts_with(literal)) return literal;
  }
  return {};
}

/// Behind the string that begins at the front of `text`.
std::size_t string_bytes(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return text.size();
}

}  // namespace

std::optional<std::string> repaired_line(std::string_view line) {
  std::string repaired;
  bool is_changed = false;
  while (!line.empty()) {
    const auto literal = literal_at(line);
    const auto taken = !literal.empty() ? literal.size() : line.front() == '"' ? string_bytes(line) : 1;
    repaired += literal.empty() ? line.substr(0, taken) : kNull;
    line.remove_prefix(taken);
    const bool lacks_value = repaired.back() == ':' && (line.starts_with(',') || line.starts_with('}'));
    if (lacks_value) repaired += kNull;
    is_changed |= lacks_value || !literal.empty();
  }
  return is_changed ? std::optional(std::move(repaired)) : std::nullopt;
}

}  // namespace infer
