// Which rows of a result are wanted.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace infer {

struct RowChoice {
  std::uint64_t begin = 0;  ///< rows count from 0
  std::uint64_t end = std::numeric_limits<std::uint64_t>::max();
  std::optional<std::uint64_t> head{};  ///< of those that are wanted, only so many
  std::optional<std::uint64_t> tail{};  ///< likewise, the last
  bool is_failed = false;               ///< only failed ones
  std::string code{};                   ///< of these only such; empty: all
  std::optional<std::string> label{};   ///< only with this label

  bool looks_into_rows() const { return is_failed || label.has_value(); }
  bool operator==(const RowChoice&) const = default;
};

/// "7", "10:20", ":5", "100:": from the first to before the second. Throws UsageError.
void choose_range(RowChoice& choice, const std::string& text);

/// Throws UsageError for what is no code of failed records.
void choose_failed(RowChoice& choice, const std::string& code);

}  // namespace infer
