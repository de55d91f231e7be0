// Rows that come out of a piece of Parquet and go into another.
#include <array>
#include <bit>
#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "encoder/output_format.hpp"
#include "json/json_text.hpp"
#include "unit/encoder/predicted_chunks.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

const OutputFormat& parquet() { return output_format("a.parquet"); }

template <class T>
std::string number(T value) {
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

/// Of any size, not few in ten of no number.
template <class Bits, class T>
std::string random_real(std::mt19937_64& draw) {
  constexpr std::array kNone{"\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "-0", "1e-45", "1"};
  const auto value = std::bit_cast<T>(static_cast<Bits>(draw()));
  const auto other = draw() % 30;
  return other < kNone.size() || !std::isfinite(value) ? kNone[other % kNone.size()] : number(value);
}

std::string random_text(std::mt19937_64& draw) {
  constexpr std::array kParts{"\"",   "\\",   "\n",   ",", "[",          "}",
                              "null", "\x01", "\x7f", "é", "\U0001F600", "a"};
  std::string text;
  for (auto left = draw() % 6; left > 0; --left) text += kParts[draw() % kParts.size()];
  std::string quoted;
  append_json_string(quoted, text);
  return quoted;
}

std::string random_json(std::mt19937_64& draw) {
  constexpr std::array kValues{R"([{"entity":"a \"b\"","score":0.5,"text":"x\ny"}])", "[]", "7", R"("[1,2]")",
                               R"({"a":[[1,2],[3,"NaN"]]})"};
  return kValues[draw() % kValues.size()];
}

std::string random_value(ColumnKind kind, std::mt19937_64& draw) {
  switch (kind) {
    case ColumnKind::int64: return number(std::bit_cast<std::int64_t>(draw()));
    case ColumnKind::float32: return random_real<std::uint32_t, float>(draw);
    case ColumnKind::float64: return random_real<std::uint64_t, double>(draw);
    case ColumnKind::boolean: return draw() % 2 == 0 ? "true" : "false";
    case ColumnKind::text: return random_text(draw);
    case ColumnKind::json: break;
  }
  return random_json(draw);
}

std::string random_list(ColumnKind kind, std::size_t size, std::mt19937_64& draw) {
  std::string list = "[";
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) list += ',';
    list += draw() % 8 == 0 ? "null" : random_value(kind, draw);
  }
  return list + ']';
}

std::string random_value(const FlatType& type, std::mt19937_64& draw) {
  if (draw() % 8 == 0) return "null";
  return type.is_list ? random_list(type.kind, draw() % 4, draw) : random_value(type.kind, draw);
}

std::string random_field(const FlatField& field, std::mt19937_64& draw) {
  if (field.kind == FlatKind::value) return random_value(field.types[0], draw);
  if (field.kind == FlatKind::items) return random_list(field.types[0].kind, field.columns.size(), draw);
  std::string object = "{";
  for (std::size_t i = 0; i < field.columns.size(); ++i) {
    if (i > 0) object += ',';
    object += "\"" + std::to_string(i) + "\":" + random_value(field.types[i], draw);
  }
  return object + '}';
}

std::string random_values(const FlatRow& row, std::mt19937_64& draw) {
  std::string values;
  for (const auto& field : row.own) {
    if (!values.empty()) values += ',';
    values += field.key + ":" + random_field(field, draw);
  }
  return values;
}

constexpr std::array kKinds{ColumnKind::int64,   ColumnKind::float32, ColumnKind::float64,
                            ColumnKind::boolean, ColumnKind::text,    ColumnKind::json};

/// Each kind of field, and in it each kind of column.
RowConfig every_kind() {
  RowConfig config;
  config.flat.carried = {plain_field("id", ColumnKind::int64), plain_field("note", ColumnKind::text)};
  auto members = spread_field("outputs", FlatKind::members, {}, {});
  for (const auto kind : kKinds) {
    const auto name = std::to_string(static_cast<int>(kind));
    auto list = plain_field("list_" + name, kind);
    list.types[0].is_list = true;
    config.flat.own.push_back(plain_field("value " + name + " \"quoted\"", kind));
    config.flat.own.back().key = "\"value " + name + " \\\"quoted\\\"\"";
    config.flat.own.push_back(list);
    config.flat.own.push_back(spread_field("items_" + name, FlatKind::items, {"0", "1", "2"}, {kind, true}));
    for (const auto is_list : {false, true}) {
      members.columns.push_back("outputs_" + name + (is_list ? "_list" : ""));
      members.types.push_back({kind, is_list});
    }
  }
  config.flat.own.push_back(members);
  return config;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n') + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

EncoderConfig outputs_as_parquet() {
  auto config = config_of();
  config.format = &parquet();
  config.rows.flat.carried = {plain_field("id", ColumnKind::int64)};
  config.rows.flat.own = {spread_field("outputs", FlatKind::members, {"y"}, {ColumnKind::float32})};
  return config;
}

/// Of a chunk of one row, which an earlier output has.
std::string encoded_again(std::string_view earlier) {
  auto chunk = ChunkOf(1).done();
  chunk.table.rows[0].earlier = earlier;
  return encode_chunk(chunk, outputs_as_parquet()).output.text;
}

}  // namespace

TEST_CASE("parquet: values of every kind of column go from an earlier piece into another as they are") {
  const auto config = every_kind();
  std::mt19937_64 draw(26);
  StampedText before;
  StampedText now;
  constexpr int kRows = 400;
  for (int row = 0; row < kRows; ++row) {
    const auto values = random_values(config.flat, draw);
    parquet().append_row(before, {"\"id\":7,\"note\":\"of then\"", values}, config);
    parquet().append_row(now, {"\"id\":" + std::to_string(row), values}, config);
  }
  const auto earlier = lines_of(parquet().unpack(config, parquet().pack(config, before.text)));
  REQUIRE(earlier.size() == kRows);
  StampedText again;
  for (int row = 0; row < kRows; ++row) {
    const auto id = "\"id\":" + std::to_string(row);
    REQUIRE(parquet().append_again(again, id, earlier[static_cast<std::size_t>(row)], config));
  }
  CHECK((parquet().pack(config, again.text) == parquet().pack(config, now.text)));
}

TEST_CASE("parquet: of an earlier row the values stay and what is copied is the record's") {
  CHECK(encoded_again("[1e-07,null]\n") == "{\"id\":100,\"outputs\":{\"\":1e-07}}\n");
  for (const auto* broken :
       {"", "\n", "[]\n", "[1]\n", "[null]\n", "[1,null]", "[1,2,null]\n", "{\"outputs\":{\"y\":1}}\n"})
    CHECK_THROWS_AS(encoded_again(broken), RunError);
}

TEST_CASE("parquet: a failed row of an earlier piece is none to take over") {
  const auto config = outputs_as_parquet();
  const auto chunk = ChunkOf(2)
                         .failed(1, {RecordErrorCode::wrong_type, "found \"x\""})
                         .batch({0}, {floats("y", {1}, {0.1F})})
                         .done();
  const auto piece = parquet().pack(config.rows, encode_chunk(chunk, config).output.text);
  const auto rows = parquet().unpack(config.rows, piece);
  CHECK(rows == "[0.1,null]\n[null,\"wrong_type\"]\n");
  CHECK_THROWS_AS(encoded_again(lines_of(rows).at(1)), RunError);
}

TEST_CASE("parquet: pieces of other columns, and what is no piece, have no rows to take over") {
  const auto piece = parquet().pack(outputs_as_parquet().rows, "{\"id\":1,\"outputs\":{\"y\":2}}\n");
  CHECK_THROWS_WITH(parquet().unpack(every_kind(), piece),
                    Contains("cannot read Parquet: it has no column \"value "));
  CHECK_THROWS_AS(parquet().unpack(outputs_as_parquet().rows, piece.substr(1)), RunError);
  CHECK_THROWS_AS(parquet().unpack(outputs_as_parquet().rows, ""), RunError);
}
