// What a pax header says of the member behind it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace infer {

/// What stands in the place of a header's own fields.
struct PaxRecords {
  std::optional<std::string> path{};
  std::optional<std::uint64_t> size{};
  bool has_holes = false;  ///< its payload is a map of them and what lies between

  bool operator==(const PaxRecords&) const = default;
};

/// Takes over what the records of `text`, each "LENGTH key=value\n", say; an empty value takes it back.
/// False when they are none.
bool read_pax_records(std::string_view text, PaxRecords& records);

}  // namespace infer
