// Where a CSV record ends (RFC 4180), also in text that has only begun to come.
#pragma once

#include <cstddef>
#include <string_view>

namespace infer {

struct CsvRules {
  char separator = ',';
  std::size_t max_record_bytes = 0;
};

/// The record at the front of a text.
struct CsvRecord {
  enum class State {
    whole,
    unfinished,  ///< more text is needed to tell
    cut_off,     ///< longer than a record may be; it ends with the line that is under way
  };
  State state = State::whole;
  std::size_t size = 0;    ///< with the line's end
  bool is_broken = false;  ///< a quoted cell has no end within max_record_bytes, or something behind its end:
                           ///< the record is then its first line, and the next line is a record again

  bool operator==(const CsvRecord&) const = default;
};

/// `is_all`: no more text comes. What is found does not depend on how much text is there, once it is found.
CsvRecord find_csv_record(std::string_view text, const CsvRules& rules, bool is_all);

/// Without its line's end.
std::string_view csv_content(std::string_view record);

/// Where the quote is that ends a quoted cell; `from`: behind the one that begins it. npos: not in `text`.
std::size_t find_closing_quote(std::string_view text, std::size_t from);

}  // namespace infer
