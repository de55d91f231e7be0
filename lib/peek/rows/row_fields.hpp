// What the fields of rows mean, by their names. Internal to the reading of rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "record/task.hpp"

namespace infer::detail {

enum class FieldKind : std::uint8_t {
  carried,        ///< copied from the record
  ignored,        ///< another field says it shorter
  label,          ///< one value that is a label
  labels,         ///< several labels, each with a score
  number,         ///< one number
  scores,         ///< a number for each label
  vector,         ///< a list of numbers
  vector_item,    ///< one of them, flat
  entities,       ///< labelled stretches of text
  outputs,        ///< any values, by names
  output,         ///< one of them, flat
  error,          ///< why a record failed
  error_code,     ///< likewise, flat
  error_message,  ///< likewise
  listed_code,    ///< likewise, in a list of errors; else carried, like the next
  listed_message,
  listed_file,
  listed_line,
};

struct FieldMeaning {
  FieldKind kind = FieldKind::carried;
  std::string name;  ///< unescaped
  std::optional<Task> task{};
};

/// `name`: unescaped.
FieldMeaning field_meaning(std::string_view name, bool is_flat);

/// The meanings of keys as they stand in rows, which mostly have them in the same order. Thread-compatible.
class RowFields {
 public:
  explicit RowFields(bool is_flat) : is_flat_(is_flat) {}

  /// Of a row's key number `place`; `from`: the key, without its first quote, and more.
  const FieldMeaning& meaning(std::size_t place, const char* from);

 private:
  struct Known {
    std::string key;  ///< as it stands there, with its last quote
    FieldMeaning meaning;
  };

  const Known& find(std::string_view key);

  bool is_flat_;
  std::unordered_map<std::string, Known> known_;
  std::vector<const Known*> places_;
  const Known too_many_{{}, {FieldKind::ignored, {}}};  ///< stands for all behind the first 100,000
};

}  // namespace infer::detail
