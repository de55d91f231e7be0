// The fields that are copied from a record to its row. Internal to the decoder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "record/decoded_chunk.hpp"

namespace infer::detail {

/// Of the record under way. Thread-compatible.
class CarriedFields {
 public:
  explicit CarriedFields(const std::vector<std::string>& names);

  void begin_record();

  /// Takes field `field`, of which the walk read [begin, end), nothing of a literal (NaN, Infinity,
  /// -Infinity), and gives it as JSON: null for a literal, also inside of the value where
  /// `may_have_literals`. The text must stay where it is until append().
  std::string_view take(std::size_t field, const char* begin, const char* end, bool may_have_literals) {
    const std::string_view walked(begin, static_cast<std::size_t>(end - begin));
    auto& value = values_[field];
    value = walked.empty() ? "null" : walked.substr(0, walked.find_last_not_of(" \t\r\n") + 1);
    if (may_have_literals) value = as_json(value, rewritten_[field]);
    return value;
  }

  /// What was taken is no JSON after all.
  void drop(std::size_t field) { values_[field] = {}; }

  /// Adds the members of one row to the table. Of cells only numbers stay what they look like.
  void append(RowTable& table, Row& row, bool are_cells) const;

 private:
  static std::string_view as_json(std::string_view text, std::string& rewritten);

  std::vector<std::string> keys_;         // as they stand in a row: `"id":`
  std::vector<std::string_view> values_;  // empty when absent
  std::vector<std::string> rewritten_;    // those of the values that are no JSON as they stand
};

}  // namespace infer::detail
