#include "encoder/typed_columns.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "json/json_members.hpp"

namespace infer {
namespace {

constexpr std::string_view kNull = "null";
constexpr std::int64_t kMostExact = std::int64_t{1} << 53U;  ///< whole numbers up to here are float64s

// Parquet's levels.
constexpr std::int16_t kThere = 1;
constexpr std::int16_t kNoList = 0;
constexpr std::int16_t kEmptyList = 1;
constexpr std::int16_t kNullItem = 2;
constexpr std::int16_t kItem = 3;

template <class T>
std::optional<T> number_in(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error != std::errc()) return std::nullopt;
  return value;
}

/// As --non-finite string spells them, too.
template <class T>
std::optional<T> real_in(std::string_view text) {
  if (text == "\"NaN\"") return std::numeric_limits<T>::quiet_NaN();
  if (text == "\"Infinity\"") return std::numeric_limits<T>::infinity();
  if (text == "\"-Infinity\"") return -std::numeric_limits<T>::infinity();
  return number_in<T>(text);
}

/// Of one value.
ColumnKind own_kind(std::string_view json) {
  if (json.front() == '"') return ColumnKind::text;
  if (json == "true" || json == "false") return ColumnKind::boolean;
  if (number_in<std::int64_t>(json)) return ColumnKind::int64;
  const bool is_whole = json.find_first_of(".eE") == std::string_view::npos;
  const auto value = is_whole ? std::nullopt : number_in<double>(json);
  return value && std::isfinite(*value) ? ColumnKind::float64 : ColumnKind::json;
}

bool is_exact(std::string_view whole_number) {
  const auto value = number_in<std::int64_t>(whole_number);
  return value && -kMostExact <= *value && *value <= kMostExact;
}

ColumnItems items_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::int64: return std::vector<std::int64_t>();
    case ColumnKind::float32: return std::vector<float>();
    case ColumnKind::float64: return std::vector<double>();
    case ColumnKind::boolean: return std::vector<std::uint8_t>();
    case ColumnKind::text:
    case ColumnKind::json: break;
  }
  return std::vector<std::string>();
}

/// False where it is of another kind.
bool append(std::vector<std::int64_t>& items, std::string_view json, ColumnKind) {
  const auto value = number_in<std::int64_t>(json);
  if (value) items.push_back(*value);
  return value.has_value();
}

template <class T>
requires std::is_floating_point_v<T>
bool append(std::vector<T>& items, std::string_view json, ColumnKind) {
  const auto value = real_in<T>(json);
  if (value) items.push_back(*value);
  return value.has_value();
}

bool append(std::vector<std::uint8_t>& items, std::string_view json, ColumnKind) {
  if (json != "true" && json != "false") return false;
  items.push_back(json == "true" ? 1 : 0);
  return true;
}

bool append(std::vector<std::string>& items, std::string_view json, ColumnKind kind) {
  const bool is_text = json.front() == '"';
  if (!is_text && kind == ColumnKind::text) return false;
  auto& item = items.emplace_back();
  if (is_text) {
    append_unescaped(item, json);
  } else {
    item = json;
  }
  return true;
}

}  // namespace

std::optional<ColumnKind> joint_kind(std::optional<ColumnKind> earlier, std::string_view json) {
  if (json == kNull) return earlier;
  const auto own = own_kind(json);
  if (!earlier || *earlier == own) return own;
  const bool are_numbers = (*earlier == ColumnKind::float64 && own == ColumnKind::int64) ||
                           (*earlier == ColumnKind::int64 && own == ColumnKind::float64);
  return are_numbers ? ColumnKind::float64 : ColumnKind::json;
}

bool fits(ColumnKind kind, std::string_view json) {
  if (json == kNull || kind == ColumnKind::json) return true;
  const auto own = own_kind(json);
  return own == kind || (kind == ColumnKind::float64 && own == ColumnKind::int64 && is_exact(json));
}

TypedColumn::TypedColumn(const TableColumn& column) : column_(column), values_{items_of(column.kind)} {}

void TypedColumn::add(std::string_view json) {
  if (json == kNull) json = {};
  if (column_.is_list) return add_list(json);
  values_.definition.push_back(json.empty() ? 0 : kThere);
  if (!json.empty()) add_item(json);
}

void TypedColumn::add_list(std::string_view json) {
  std::size_t items = 0;
  const auto level = [&](std::int16_t definition) {
    values_.repetition.push_back(items > 0 ? 1 : 0);
    values_.definition.push_back(definition);
  };
  if (json.empty()) return level(kNoList);
  if (json.front() != '[') refuse(json);
  for (auto rest = json.substr(1, json.size() - 2); !rest.empty(); ++items) {
    const auto item = take_json_value(rest);
    level(item == kNull ? kNullItem : kItem);
    if (item != kNull) add_item(item);
  }
  if (column_.width > 0 && items != column_.width) refuse(json);
  if (items == 0) level(kEmptyList);
}

void TypedColumn::add_item(std::string_view json) {
  const bool is_added =
      std::visit([&](auto& items) { return append(items, json, column_.kind); }, values_.items);
  if (!is_added) refuse(json);
}

void TypedColumn::refuse(std::string_view json) const {
  constexpr std::size_t kShown = 60;
  throw RunError("cannot write " + std::string(json.substr(0, kShown)) + " to the column " + column_.name +
                 " of a Parquet file: it is of another type or size than the model's results were in the "
                 "trial; write JSON Lines (.jsonl)");
}

}  // namespace infer
