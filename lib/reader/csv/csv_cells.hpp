// The cells of one CSV record.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace infer {

struct CsvCell {
  std::string_view text;   ///< without the quotes around it
  bool is_quoted = false;  ///< each quote in the text is then written twice
};

/// Of a record that is whole and not broken, without its line's end. Thread-compatible.
class CsvCells {
 public:
  CsvCells(std::string_view content, char separator) : rest_(content), separator_(separator) {}

  /// Empty behind the last one.
  std::optional<CsvCell> next();

 private:
  std::optional<std::string_view> rest_;
  char separator_;
};

/// With every quote once.
std::string cell_text(const CsvCell& cell);

/// Whether a cell can stand in JSON as it is: a number, true, false, or lists of numbers and null. No number
/// that no double can hold.
bool is_json_value(std::string_view text);

}  // namespace infer
