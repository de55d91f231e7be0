// What comes as numbers is decoded as its text is.
#include <catch2/catch.hpp>
#include <charconv>
#include <limits>
#include <random>

#include "unit/decoder/decode.hpp"

using namespace infer;
using namespace infer::test;

namespace {

template <class T>
std::string text_of(T value) {
  if (value != value) return "NaN";
  if constexpr (std::is_floating_point_v<T>) {
    if (value - value != 0) return value > 0 ? "Infinity" : "-Infinity";
  }
  std::array<char, 32> room{};
  return {room.data(), std::to_chars(room.data(), room.data() + room.size(), value).ptr};
}

/// A field "x" in both ways.
struct Both {
  std::vector<std::string> lines;  ///< with it
  std::vector<std::string> rest;   ///< without
  PlainColumn column{"x", PlainKind::float32};
};

template <class T>
void add_row(Both& both, const std::vector<T>& values, PlainForm form, const std::string& more) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ",") + text_of(value);
  if (form == PlainForm::list) text = "[" + text + "]";
  both.lines.push_back("{\"x\":" + text + (more.empty() ? "" : ",") + more + "}");
  both.rest.push_back("{" + more + "}");
  const auto bytes = std::as_bytes(std::span(values));
  both.column.values.insert(both.column.values.end(), bytes.begin(), bytes.end());
  both.column.ends.push_back(both.column.values.size() / sizeof(T));
  both.column.forms.push_back(form);
}

template <class T>
Both random_rows(PlainKind kind, std::mt19937& random) {
  const std::vector<double> odd{0.0, -0.0, 0.1, 1e-7, 1e30, 70000, 3e9, 9007199254740993.0, 255, 256, -1};
  Both both;
  both.column.kind = kind;
  for (int row = 0; row < 60; ++row) {
    const auto form = random() % 5 == 0 ? PlainForm::single : PlainForm::list;
    std::vector<T> values(form == PlainForm::single ? 1 : 1 + random() % 3);
    for (auto& value : values) {
      if constexpr (std::is_floating_point_v<T>) {
        value = static_cast<T>(odd[random() % odd.size()]);
        if (random() % 20 == 0) value = std::numeric_limits<T>::quiet_NaN();
        if (random() % 20 == 0) value = -std::numeric_limits<T>::infinity();
      } else {
        value = static_cast<T>(random() % 3 == 0 ? std::int64_t{1} << (random() % 62)
                                                 : std::int64_t(random() % 300));
      }
    }
    add_row(both, values, form, random() % 2 == 0 ? "" : "\"id\":" + std::to_string(row));
  }
  return both;
}

RawChunk chunk_of(const std::vector<std::string>& lines) {
  auto chunk = raw_chunk(std::vector<std::string_view>(lines.begin(), lines.end()));
  for (std::size_t i = 0; i < lines.size(); ++i) chunk.records[i].number = i;
  return chunk;
}

void check_same(const DecoderConfig& config, const Both& both) {
  auto apart = chunk_of(both.rest);
  apart.plain.push_back(both.column);
  const auto got = Decoder(config).decode(apart);
  const auto expected = Decoder(config).decode(chunk_of(both.lines));
  REQUIRE(got.table.rows.size() == expected.table.rows.size());
  for (std::size_t i = 0; i < got.table.rows.size(); ++i) {
    INFO(both.lines[i]);
    const auto& error = got.table.rows[i].error;
    const auto& other = expected.table.rows[i].error;
    REQUIRE(error.has_value() == other.has_value());
    if (error) REQUIRE(error->message == other->message);
    REQUIRE(got.table.carried_of(got.table.rows[i]) == expected.table.carried_of(expected.table.rows[i]));
  }
  REQUIRE(got.inputs.size() == expected.inputs.size());
  CHECK(got.inputs[0].values == expected.inputs[0].values);
  CHECK(got.inputs[0].begins == expected.inputs[0].begins);
  CHECK(got.inputs[0].dims == expected.inputs[0].dims);
}

}  // namespace

TEST_CASE("numbers: whatever they are, values, errors and carried fields are those of their text") {
  const auto dtype = GENERATE(DType::float32, DType::float64, DType::float16, DType::int64, DType::int32,
                              DType::uint8, DType::boolean);
  const auto shape = GENERATE(Shape{}, Shape{2}, Shape{kVariableDim}, Shape{2, 1});
  const bool guessed = GENERATE(false, true);
  const bool missing_as_nan = GENERATE(false, true);
  if (guessed && dtype != DType::float32) return;
  auto input = spec("x", dtype, shape);
  input.guessed = guessed;
  if (dtype == DType::int64) input.range = ValueRange{0, 200};
  auto config = config_of({input});
  config.signature.missing_as_nan = missing_as_nan;
  INFO(dtype_name(dtype) << ", " << shape.size() << " dimensions" << (guessed ? ", guessed" : ""));
  std::mt19937 random(5);
  check_same(config, random_rows<float>(PlainKind::float32, random));
  check_same(config, random_rows<double>(PlainKind::float64, random));
  check_same(config, random_rows<std::int64_t>(PlainKind::int64, random));
}

TEST_CASE("numbers: a record has them, or its text has, or it has none") {
  auto chunk = chunk_of({"{\"x\":[3,4]}", "{\"id\":1}", "{}"});
  const std::vector<float> values{1, 2};
  Both both;
  add_row(both, values, PlainForm::list, "");
  chunk.plain.push_back(both.column);
  chunk.plain[0].forms = {PlainForm::in_line, PlainForm::in_line, PlainForm::list};
  chunk.plain[0].ends = {0, 0, 2};
  const auto decoded = Decoder(config_of({spec("x", DType::float32, {2})})).decode(chunk);
  REQUIRE(decoded.examples == 2);
  CHECK(values_of<float>(decoded.inputs[0]) == std::vector<float>{3, 4, 1, 2});
  CHECK(decoded.table.rows[1].error->code == RecordErrorCode::missing_field);
}

TEST_CASE(
    "plain: a record whose text is only what is copied is not looked through, unless a value is refused") {
  auto chunk = chunk_of({"{\"id\":1,\"more\":\"\\u00e4\"}", "{}", "{\"id\":3}"});
  for (auto& record : chunk.records) record.only_carried = true;
  Both both;
  add_row(both, std::vector<float>{1, 2}, PlainForm::list, "");
  add_row(both, std::vector<float>{3, 4}, PlainForm::list, "");
  add_row(both, std::vector<float>{5}, PlainForm::list, "");
  chunk.plain.push_back(both.column);
  const auto decoded = Decoder(config_of({spec("x", DType::float32, {2})}, {"id", "more"})).decode(chunk);
  REQUIRE(decoded.examples == 2);
  const auto& rows = decoded.table.rows;
  CHECK(decoded.table.carried_of(rows[0]) == "\"id\":1,\"more\":\"\\u00e4\"");
  CHECK(decoded.table.carried_of(rows[1]).empty());
  REQUIRE(rows[2].error);
  CHECK(rows[2].error->code == RecordErrorCode::wrong_shape);
  CHECK(decoded.table.carried_of(rows[2]) == "\"id\":3");
}

TEST_CASE(
    "plain: what is copied is the same of a chunk that is given away, also beside what is looked through") {
  auto chunk = chunk_of({"{\"id\":1}", "{\"other\":2,\"id\":3}", "{\"id\":4}"});
  chunk.records[0].only_carried = chunk.records[2].only_carried = true;
  Both both;
  for (int row = 0; row < 3; ++row) add_row(both, std::vector<float>{1, 2}, PlainForm::list, "");
  chunk.plain.push_back(both.column);
  const auto config = config_of({spec("x", DType::float32, {2})}, {"id"});
  const auto carried = [](const DecodedChunk& decoded) {
    std::vector<std::string> texts;
    for (const auto& row : decoded.table.rows) texts.emplace_back(decoded.table.carried_of(row));
    return texts;
  };
  const std::vector<std::string> expected{"\"id\":1", "\"id\":3", "\"id\":4"};
  CHECK(carried(Decoder(config).decode(chunk)) == expected);
  CHECK(carried(Decoder(config).decode(std::move(chunk))) == expected);
}
