#include "decoder/observe.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "decoder/json_values.hpp"

namespace infer {
namespace {

using detail::check_json;
using detail::JsonValue;
namespace od = simdjson::ondemand;

enum class Kind { bit, integer, large_integer, real, boolean, other };

constexpr std::int64_t kExactInFloat32 = std::int64_t{1} << 24;

struct Value {
  Kind kind = Kind::other;
  Shape shape;
};

/// Numbers of several kinds take the widest one's; everything else must agree.
Kind merge(Kind a, Kind b) {
  const bool numeric = std::max(a, b) <= Kind::real;
  return a == b || numeric ? std::max(a, b) : Kind::other;
}

Kind number_kind(JsonValue value) {
  std::int64_t whole = 0;
  if (value.get_int64().get(whole)) return Kind::real;
  if (whole == 0 || whole == 1) return Kind::bit;
  return whole > kExactInFloat32 || whole < -kExactInFloat32 ? Kind::large_integer : Kind::integer;
}

/// One record at a time, walked as the decoder does: what that one refuses is no valid record here.
class Observer {
 public:
  Observer(const std::vector<JsonPath>& paths, bool missing_as_nan)
      : tree_(make_field_tree(paths, {})), missing_as_nan_(missing_as_nan), values_(paths.size()) {}

  bool take(std::string_view text) {
    std::ranges::fill(values_, std::nullopt);
    keys_.clear();
    od::document document;
    od::object object;
    const simdjson::padded_string_view padded(text, text.size() + kTailPadding);
    if (parser_.iterate(padded).get(document) || document.get_object().get(object)) return false;
    return walk(object, tree_, true) && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  }

  /// Of the record taken last; of a key that comes twice, the last value.
  const std::vector<std::optional<Value>>& values() const { return values_; }
  const std::vector<std::string>& keys() const { return keys_; }

 private:
  bool walk(od::object object, const FieldNode& node, bool is_record = false) {
    for (auto field : object) {
      std::string_view key;
      JsonValue value;
      if (field.unescaped_key().get(key)) return false;
      const auto* wanted = node.find(key);
      if (is_record) keys_.emplace_back(key);
      if (field.value().get(value)) return false;
      if (wanted == nullptr ? !is_valid(value, 1) : !visit(value, *wanted)) return false;
    }
    return true;
  }

  bool visit(JsonValue value, const FieldNode& node) {
    od::object object;
    if (!node.children.empty() && !value.get_object().get(object)) {
      if (node.wanted) values_[*node.wanted] = Value{};
      return walk(object, node);
    }
    if (!node.wanted) return is_valid(value, 1);
    values_[*node.wanted] = describe(value, 1);
    return values_[*node.wanted].has_value();
  }

  bool is_valid(JsonValue value, int depth) const {
    detail::Literals literals{missing_as_nan_};
    return !check_json(value, literals, depth) && !literals.refusal;
  }

  /// Nothing when it is no valid JSON.
  std::optional<Value> describe(JsonValue value, int depth) const {
    od::json_type type;
    if (missing_as_nan_ && detail::literal_number(value)) return Value{Kind::real, {}};
    if (depth > detail::kMaxJsonDepth || value.type().get(type)) return std::nullopt;
    if (type == od::json_type::array) return describe_array(value, depth);
    auto kind = Kind::other;
    if (type == od::json_type::number) kind = number_kind(value);
    if (type == od::json_type::boolean) kind = Kind::boolean;
    if (type == od::json_type::null && missing_as_nan_ && depth > 1) kind = Kind::real;
    const bool is_read = kind <= Kind::large_integer;
    return is_read || is_valid(value, depth) ? std::optional(Value{kind, {}}) : std::nullopt;
  }

  std::optional<Value> describe_array(JsonValue value, int depth) const {
    od::array array;
    if (value.get_array().get(array)) return std::nullopt;
    Value whole;
    std::int64_t count = 0;
    bool is_even = true;
    Shape inner;
    for (auto element : array) {
      JsonValue child;
      if (element.get(child)) return std::nullopt;
      const auto part = describe(child, depth + 1);
      if (!part) return std::nullopt;
      whole.kind = count == 0 ? part->kind : merge(whole.kind, part->kind);
      is_even &= count == 0 || part->shape == inner;
      inner = part->shape;
      ++count;
    }
    if (!is_even) return Value{};
    if (count == 0) whole.kind = Kind::bit;  // an empty array says nothing against numbers
    whole.shape.push_back(count);
    whole.shape.insert(whole.shape.end(), inner.begin(), inner.end());
    return whole;
  }

  FieldNode tree_;
  bool missing_as_nan_;
  od::parser parser_;
  std::vector<std::optional<Value>> values_;
  std::vector<std::string> keys_;
};

void count(ObservedField& field, const Value& value) {
  switch (value.kind) {
    case Kind::large_integer: ++field.large; [[fallthrough]];
    case Kind::integer: ++field.integers; break;
    case Kind::bit:
      ++field.bits;
      ++field.integers;
      break;
    case Kind::real: ++field.reals; break;
    case Kind::boolean: ++field.booleans; break;
    case Kind::other: ++field.others; return;
  }
  ++field.shapes[value.shape];
}

}  // namespace

Shape ObservedField::common_shape() const {
  return std::ranges::max_element(shapes, {}, [](const auto& entry) { return entry.second; })->first;
}

Observation observe_fields(const RawChunk& sample, const std::vector<JsonPath>& paths, bool missing_as_nan) {
  Observation seen;
  seen.fields.resize(paths.size());
  Observer observer(paths, missing_as_nan);
  for (const auto& record : sample.records) {
    if (record.too_long || !observer.take(sample.text(record))) continue;
    if (seen.records++ == 0) seen.keys = observer.keys();
    for (std::size_t i = 0; i < paths.size(); ++i) {
      // In the tree, equal paths are one: that two inputs cannot share a field is said later.
      const auto known_as =
          std::ranges::find(paths.rbegin(), paths.rend(), paths[i]).base() - paths.begin() - 1;
      const auto& value = observer.values()[static_cast<std::size_t>(known_as)];
      if (value) count(seen.fields[i], *value);
    }
  }
  return seen;
}

}  // namespace infer
