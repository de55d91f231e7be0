#include "reader/tar/pax_records.hpp"

#include <charconv>
#include <limits>

namespace infer {
namespace {

std::optional<std::uint64_t> decimal(std::string_view text) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stopped == end && value <= kMost ? std::optional(value) : std::nullopt;
}

bool take_over(std::string_view key, std::string_view value, PaxRecords& records) {
  if (key == "path") {
    records.path = value.empty() ? std::nullopt : std::optional(std::string(value));
  } else if (key == "size") {
    records.size = decimal(value);
    return records.size.has_value() || value.empty();
  } else if (key.starts_with("GNU.sparse.")) {
    records.has_holes = true;
  }
  return true;
}

}  // namespace

bool read_pax_records(std::string_view text, PaxRecords& records) {
  while (!text.empty() && text.front() != '\0') {
    const auto space = text.find(' ');
    const auto length = decimal(text.substr(0, space));
    if (space == std::string_view::npos || !length || *length > text.size() || *length < space + 2)
      return false;
    const auto record = text.substr(space + 1, *length - space - 1);
    const auto equals = record.find('=');
    if (!record.ends_with('\n') || equals == std::string_view::npos) return false;
    const auto value = record.substr(equals + 1, record.size() - equals - 2);
    if (!take_over(record.substr(0, equals), value, records)) return false;
    text.remove_prefix(*length);
  }
  return true;
}

}  // namespace infer
