// Parquet: a row is its JSON Lines row, and a chunk's rows, taken apart into typed columns, are a piece of
// the file.
#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "encoder/output_format.hpp"
#include "encoder/task_fields.hpp"
#include "encoder/typed_columns.hpp"
#include "json/json_members.hpp"
#include "json/json_text.hpp"
#include "table/table.hpp"

namespace infer {
namespace {

/// A list has one column, whatever it has elsewhere.
std::vector<TableColumn> columns_of(const FlatField& field) {
  if (field.kind == FlatKind::items) {
    const auto& type = field.types.at(0);
    return {{field.key.substr(1, field.key.size() - 2), type.kind, true, field.columns.size()}};
  }
  std::vector<TableColumn> columns;
  for (std::size_t i = 0; i < field.columns.size(); ++i)
    columns.push_back({field.columns[i], field.types[i].kind, field.types[i].is_list});
  return columns;
}

std::vector<FlatField> fields_of(const FlatRow& row) {
  auto fields = row.carried;
  fields.insert(fields.end(), row.own.begin(), row.own.end());
  fields.push_back(plain_field(kErrorCodeColumn, ColumnKind::text));
  fields.push_back(plain_field(kErrorMessageColumn, ColumnKind::text));
  return fields;
}

std::string_view inside(std::string_view container) { return container.substr(1, container.size() - 2); }

/// The rows of a chunk, column by column.
class Rows {
 public:
  explicit Rows(const FlatRow& row) : fields_(fields_of(row)) {
    for (const auto& field : fields_) {
      const auto columns = columns_of(field);
      columns_.insert(columns_.end(), columns.begin(), columns.end());
    }
    for (const auto& column : columns_) values_.emplace_back(column);
  }

  /// Fields come in the columns' order; some may be missing.
  void add(std::string_view row) {
    auto rest = inside(row);
    auto member = rest.empty() ? JsonMember{} : take_json_member(rest);
    auto next = values_.begin();
    for (const auto& field : fields_) {
      const bool is_there = member.key == field.key;
      add_field(next, field, is_there ? member.value : std::string_view());
      if (is_there) member = rest.empty() ? JsonMember{} : take_json_member(rest);
    }
    INFER_ASSERT(member.key.empty() && next == values_.end());
    ++rows_;
  }

  std::string piece() && {
    std::vector<ColumnValues> values;
    for (auto& column : values_) values.push_back(std::move(column).take());
    return parquet_piece(columns_, values, rows_);
  }

 private:
  using Next = std::vector<TypedColumn>::iterator;

  static void add_field(Next& next, const FlatField& field, std::string_view value) {
    if (field.kind != FlatKind::members) return (next++)->add(value);
    const bool is_object = value.starts_with('{');
    auto members = is_object ? inside(value) : std::string_view();
    for (std::size_t i = 0; i < field.columns.size(); ++i)
      (next++)->add(members.empty() ? std::string_view() : take_json_member(members).value);
  }

  const std::vector<FlatField> fields_;
  std::vector<TableColumn> columns_;
  std::vector<TypedColumn> values_;
  std::uint64_t rows_ = 0;
};

template <class Make>
auto told_as_run_error(const Make& make, const char* what = "cannot write Parquet: ") {
  try {
    return make();
  } catch (const TableError& error) {
    throw RunError(what + std::string(error.what()));
  }
}

std::vector<PiecePlace> pieces(int fd, std::uint64_t bytes) {
  return told_as_run_error([&] { return parquet_pieces(fd, bytes); });
}

std::string splice(std::span<const std::string_view> pieces, std::span<const PieceRows> rows) {
  return told_as_run_error([&] { return parquet_spliced(pieces, rows); });
}

std::string pack(const RowConfig& config, std::string_view text) {
  Rows rows(config.flat);
  while (!text.empty()) {
    const auto end = text.find('\n');
    rows.add(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return told_as_run_error([&] { return std::move(rows).piece(); });
}

/// What the task gave, and whether it is an error.
std::string unpack(const RowConfig& config, std::string_view piece) {
  std::vector<std::string> names;
  for (const auto& field : config.flat.own) {
    for (const auto& column : columns_of(field)) names.push_back(column.name);
  }
  names.emplace_back(kErrorCodeColumn);
  return told_as_run_error([&] { return parquet_rows(piece, names); }, "cannot read Parquet: ");
}

std::string footer(int fd, std::uint64_t bytes) {
  return told_as_run_error([&] { return parquet_footer(fd, bytes); });
}

/// The length of what tells of the columns, itself and the magic.
std::uint64_t footer_bytes(std::string_view last_bytes) {
  constexpr std::size_t kEnd = 8;
  if (last_bytes.size() < kEnd) return last_bytes.size();
  std::uint64_t length = 0;
  for (std::size_t i = 4; i-- > 0;)
    length = length << 8U | static_cast<unsigned char>(last_bytes[last_bytes.size() - kEnd + i]);
  return length + kEnd;
}

/// The copied fields with what their columns hold.
template <class Take>
void for_each_carried(std::string_view carried, const RowConfig& config, const Take& take) {
  auto field = config.flat.carried.begin();
  while (!carried.empty()) {
    const auto member = take_json_member(carried);
    field = std::ranges::find(field, config.flat.carried.end(), member.key, &FlatField::key);
    INFER_ASSERT(field != config.flat.carried.end());
    take(member, field->types.at(0).kind);
  }
}

const char* noun_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::int64: return "whole numbers of 64 bits";
    case ColumnKind::float32:
    case ColumnKind::float64: return "numbers";
    case ColumnKind::boolean: return "true and false";
    case ColumnKind::text: return "texts";
    case ColumnKind::json: break;
  }
  return "JSON";
}

std::optional<RecordError> check_carried(std::string_view carried, const RowConfig& config) {
  constexpr std::size_t kShown = 40;
  std::optional<RecordError> error;
  for_each_carried(carried, config, [&](const JsonMember& member, ColumnKind kind) {
    if (error || fits(kind, member.value)) return;
    error = RecordError{RecordErrorCode::wrong_type, "the field " + std::string(member.key) + " is " +
                                                         std::string(member.value.substr(0, kShown)) +
                                                         ", and its column has " + noun_of(kind) +
                                                         " as in the first records"};
  });
  return error;
}

/// Of a failed record without what does not fit.
void append_carried(std::string& text, std::string_view carried, const RowConfig& config) {
  for_each_carried(carried, config, [&](const JsonMember& member, ColumnKind kind) {
    if (!fits(kind, member.value)) return;
    if (text.back() != '{') text += ',';
    text.append(member.key).append(":").append(member.value);
  });
}

void append_row(StampedText& out, const RowParts& parts, const RowConfig& config) {
  auto& text = out.text;
  const auto comma = [&] {
    if (text.back() != '{') text += ',';
  };
  text += '{';
  append_carried(text, parts.carried, config);
  if (!parts.values.empty()) {
    comma();
    text += parts.values;
  }
  if (parts.failure != nullptr) {
    comma();
    text.append("\"").append(kErrorCodeColumn).append("\":\"");
    text.append(error_code_name(parts.failure->error.code)).append("\",\"");
    text.append(kErrorMessageColumn).append("\":");
    append_json_string(text, parts.failure->error.message);
  }
  text += "}\n";
}

/// The members of an object, whose columns tell their names.
void append_members(std::string& text, const FlatField& field, std::string_view& values) {
  text += '{';
  for (std::size_t i = 0; i < field.columns.size(); ++i) {
    if (i > 0) text += ',';
    text.append("\"\":").append(take_json_value(values));
  }
  text += '}';
}

/// `earlier` as unpack() made it.
bool append_again(StampedText& out, std::string_view carried, std::string_view earlier,
                  const RowConfig& config) {
  if (!earlier.starts_with('[') || !earlier.ends_with("]\n")) return false;
  auto rest = inside(earlier.substr(0, earlier.size() - 1));
  std::string values;
  for (const auto& field : config.flat.own) {
    if (!values.empty()) values += ',';
    values.append(field.key).append(":");
    if (field.kind == FlatKind::members) {
      append_members(values, field, rest);
    } else {
      values += take_json_value(rest);
    }
  }
  if (rest != "null") return false;  // with an error
  append_row(out, {carried, values}, config);
  return true;
}

}  // namespace

extern const OutputFormat kParquet;
constinit const OutputFormat kParquet{.ending = ".parquet",
                                      .name = "Parquet",
                                      .has_fields = true,
                                      .is_flat = true,
                                      .pack = pack,
                                      .pieces = pieces,
                                      .splice = splice,
                                      .unpack = unpack,
                                      .footer = footer,
                                      .footer_bytes = footer_bytes,
                                      .check_carried = check_carried,
                                      .append_values = detail::append_task_values,
                                      .append_row = append_row,
                                      .append_again = append_again};

}  // namespace infer
