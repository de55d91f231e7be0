// Where records end in a stream that has only begun: each is a line, or made of cells that may hold lines.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace infer {

/// What the records of a stream are.
struct RecordRules {
  std::size_t max_record_bytes = 0;
  std::optional<char> separator{};  ///< of cells; empty: records are lines
};

struct RecordsEnd {
  std::size_t size = 0;
  bool is_cut_off = false;  ///< within a line that is longer than a record may be
};

/// The search for the end of the records that begin in the first bytes of a text which grows.
/// Thread-compatible.
class RecordEndSearch {
 public:
  /// `size` > 0 of these bytes. `begins_file`: a byte order mark may come first.
  RecordEndSearch(const RecordRules& rules, std::size_t size, bool begins_file)
      : rules_(rules), size_(size), begins_file_(begins_file) {}

  /// Nothing while more text is needed. `text` is what it was, or more; `has_ended`: no more comes.
  std::optional<RecordsEnd> find(std::string_view text, bool has_ended);

 private:
  std::optional<RecordsEnd> find_line_end(std::string_view text, bool has_ended);
  std::optional<RecordsEnd> find_cells_end(std::string_view text, bool has_ended);

  const RecordRules& rules_;
  std::size_t size_;
  bool begins_file_;
  std::size_t searched_ = 0;  ///< of the text: what need not be looked at again
};

/// The size of the whole records within the first `most` bytes of a text, of which more may come.
std::size_t whole_records_bytes(std::string_view text, std::size_t most, const RecordRules& rules,
                                bool begins_file);

}  // namespace infer
