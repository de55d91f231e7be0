// The columns of a table that has a row's fields. They are the same for all rows of a run and known before
// the first one; their names are those that pandas.json_normalize(rows, sep="_") gives to the fields of JSON
// Lines, but for embeddings, which have a column for each value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "record/column_kind.hpp"
#include "record/predicted_chunk.hpp"
#include "record/signature.hpp"

namespace infer {

/// What of a JSON field's value stands in a column of its own.
enum class FlatKind : std::uint8_t { value, items, members };

/// What a typed column holds.
struct FlatType {
  ColumnKind kind = ColumnKind::json;
  bool is_list = false;
};

/// A field of a row in JSON Lines.
struct FlatField {
  std::string key;  ///< as it stands there, with its quotes
  FlatKind kind = FlatKind::value;
  std::vector<std::string> columns;  ///< names, in the values' order
  std::vector<FlatType> types;       ///< of these; of items only of the first
};

/// A field that is one column of its name.
FlatField plain_field(const std::string& name, ColumnKind kind = ColumnKind::json);
/// A list or object with a column for each part, "name_part".
FlatField spread_field(const std::string& name, FlatKind kind, const std::vector<std::string>& parts,
                       const FlatType& type);
/// "0", "1", ...: names of parts that have none.
std::vector<std::string> numbers_below(std::size_t count);

/// In the order that the fields have in a row, which may lack some.
struct FlatRow {
  std::vector<FlatField> carried;
  std::vector<FlatField> own;  ///< what the task gives
};

/// Throws UsageError when two columns would have one name. An empty input shows no outputs, so the columns of
/// some tasks are then not all there.
FlatRow flat_row(const RunConfig& config, const ResultSpec& result);

/// Names, number and types of a signature's outputs, where it does not state them: as the model gave them.
void learn_columns(ResultSpec& result, std::span<const NamedTensor> outputs);

/// What the copied fields `names` hold in the first records; of what they do not show, any JSON.
void learn_carried(ResultSpec& result, const RowTable& sample, const std::vector<std::string>& names);

/// Whether all columns follow from it.
bool states_columns(const ResultSpec& result);

constexpr const char* kErrorCodeColumn = "error_code";
constexpr const char* kErrorMessageColumn = "error_message";

}  // namespace infer
