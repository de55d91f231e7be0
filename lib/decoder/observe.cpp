#include "decoder/observe.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>

namespace infer {
namespace {

namespace dom = simdjson::dom;

enum class Kind { integer, large_integer, real, boolean, other };

constexpr std::int64_t kExactInFloat32 = std::int64_t{1} << 24;

struct Value {
  Kind kind = Kind::other;
  Shape shape;
};

Kind scalar_kind(dom::element element) {
  std::int64_t whole = 0;
  if (!element.get_int64().get(whole)) {
    return whole > kExactInFloat32 || whole < -kExactInFloat32 ? Kind::large_integer : Kind::integer;
  }
  if (element.is_number()) return Kind::real;
  return element.is_bool() ? Kind::boolean : Kind::other;
}

/// Numbers of several kinds take the widest one's; everything else must agree.
Kind merge(Kind a, Kind b) {
  const bool numeric = std::max(a, b) <= Kind::real;
  return a == b || numeric ? std::max(a, b) : Kind::other;
}

Value describe(dom::element element) {
  dom::array array;
  if (element.get_array().get(array)) return {scalar_kind(element), {}};
  Value whole;
  std::int64_t count = 0;
  Shape inner;
  for (const auto child : array) {
    const auto part = describe(child);
    whole.kind = count == 0 ? part.kind : merge(whole.kind, part.kind);
    if (count > 0 && part.shape != inner) return {};
    inner = part.shape;
    ++count;
  }
  if (count == 0) whole.kind = Kind::integer;  // an empty array says nothing against numbers
  whole.shape.push_back(count);
  whole.shape.insert(whole.shape.end(), inner.begin(), inner.end());
  return whole;
}

/// Of a key that comes twice, the last value, as in the decoder.
std::optional<dom::element> value_of(dom::object object, std::string_view key) {
  std::optional<dom::element> value;
  for (const auto field : object) {
    if (field.key == key) value = field.value;
  }
  return value;
}

std::optional<dom::element> find(dom::object object, const JsonPath& path) {
  std::optional<dom::element> element;
  for (std::size_t depth = 0; depth < path.size(); ++depth) {
    if (depth > 0 && element->get_object().get(object)) return std::nullopt;
    element = value_of(object, path[depth]);
    if (!element) return std::nullopt;
  }
  return element;
}

void count(ObservedField& field, const Value& value) {
  switch (value.kind) {
    case Kind::large_integer: ++field.large; [[fallthrough]];
    case Kind::integer: ++field.integers; break;
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

Observation observe_fields(const RawChunk& sample, const std::vector<JsonPath>& paths) {
  Observation seen;
  seen.fields.resize(paths.size());
  dom::parser parser;
  for (const auto& record : sample.records) {
    dom::object object;
    if (record.too_long) continue;
    const auto text = sample.text(record);
    if (parser.parse(text.data(), text.size()).get_object().get(object)) continue;
    if (seen.records++ == 0) {
      for (const auto field : object) seen.keys.emplace_back(field.key);
    }
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (const auto element = find(object, paths[i])) count(seen.fields[i], describe(*element));
    }
  }
  return seen;
}

}  // namespace infer
