#include "encoder/encoder.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/encoder/predicted_chunks.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using namespace infer::test;

namespace {

/// The text with "#number#" at every stamp.
std::string marked(const StampedText& source) {
  auto text = source.text;
  for (auto stamp = source.stamps.rbegin(); stamp != source.stamps.rend(); ++stamp) {
    text.insert(stamp->position, std::string("#").append(std::to_string(stamp->number)).append("#"));
  }
  return text;
}

}  // namespace

TEST_CASE("encoder: an empty chunk has no text") {
  const auto encoded = encode_chunk(ChunkOf(0).done(), config_of());
  CHECK(encoded.output.text.empty());
  CHECK(encoded.rows == 0);
  CHECK(encoded.range.id == 3);
}

TEST_CASE("encoder: rows are in input order however the batches were cut") {
  const auto chunk =
      ChunkOf(3).batch({2}, {floats("y", {1}, {30})}).batch({1, 0}, {floats("y", {2}, {20, 10})}).done();
  const auto encoded = encode_chunk(chunk, config_of());
  CHECK(encoded.output.text ==
        "{\"id\":100,\"outputs\":{\"y\":10}}\n{\"id\":101,\"outputs\":{\"y\":20}}\n{\"id\":102,\"outputs\":{"
        "\"y\":30}}\n");
  CHECK(encoded.rows == 3);
  CHECK(encoded.failed == 0);
  CHECK(encoded.lines == 6);
  CHECK(encoded.output.stamps.empty());
  CHECK(encoded.first_failure.text.empty());
}

TEST_CASE("encoder: several outputs, their names as JSON; no id, no comma") {
  const auto chunk =
      ChunkOf(1).without_id(0).batch({0}, {floats("a\"b", {1}, {1}), floats("c", {1, 2}, {2, 3})}).done();
  CHECK(encode_chunk(chunk, config_of()).output.text == "{\"outputs\":{\"a\\\"b\":1,\"c\":[2,3]}}\n");
}

TEST_CASE("encoder: a failed record has its error with file, stamped line and offset instead") {
  const auto chunk = ChunkOf(3)
                         .failed(1, {RecordErrorCode::wrong_type, "found \"x\""})
                         .batch({0, 1}, {floats("y", {2}, {1, 3})})
                         .done();
  const auto encoded = encode_chunk(chunk, config_of());
  CHECK(marked(encoded.output) ==
        "{\"id\":100,\"outputs\":{\"y\":1}}\n"
        "{\"id\":101,\"error\":{\"code\":\"wrong_type\",\"message\":\"found \\\"x\\\"\",\"file\":\"b "
        "\\\"2\\\".jsonl\","
        "\"line\":#2#,\"offset\":1010}}\n"
        "{\"id\":102,\"outputs\":{\"y\":3}}\n");
  CHECK(encoded.rows == 3);
  CHECK(encoded.failed == 1);
  CHECK(marked(encoded.first_failure) == "b \"2\".jsonl:#2#: found \"x\" (wrong_type)");
  CHECK(encoded.errors.text.empty());
}

TEST_CASE("encoder: a failed record without id has only its error; all may fail") {
  const auto chunk = ChunkOf(2)
                         .failed(0, {RecordErrorCode::invalid_json, "m"})
                         .failed(1, {RecordErrorCode::too_long, "n"})
                         .without_id(0)
                         .done();
  const auto encoded = encode_chunk(chunk, config_of());
  CHECK(marked(encoded.output).starts_with("{\"error\":{\"code\":\"invalid_json\",\"message\":\"m\","));
  CHECK(encoded.failed == 2);
  CHECK_THAT(encoded.first_failure.text, Contains("m (invalid_json)"));
}

TEST_CASE("encoder: skip leaves failed records out of the output but counts them") {
  auto config = config_of();
  config.on_error = OnError::skip;
  const auto chunk =
      ChunkOf(2).failed(0, {RecordErrorCode::wrong_type, "m"}).batch({0}, {floats("y", {1}, {1})}).done();
  const auto encoded = encode_chunk(chunk, config);
  CHECK(encoded.output.text == "{\"id\":101,\"outputs\":{\"y\":1}}\n");
  CHECK(encoded.output.stamps.empty());
  CHECK(encoded.rows == 2);
  CHECK(encoded.failed == 1);
  CHECK_FALSE(encoded.first_failure.text.empty());
}

TEST_CASE("encoder: the errors file has one row per failed record, also under skip") {
  for (const auto on_error : {OnError::record, OnError::skip}) {
    auto config = config_of();
    config.collect_errors = true;
    config.on_error = on_error;
    const auto chunk = ChunkOf(3)
                           .failed(0, {RecordErrorCode::wrong_type, "m"})
                           .failed(2, {RecordErrorCode::too_long, "n"})
                           .without_id(2)
                           .batch({0}, {floats("y", {1}, {1})})
                           .done();
    CHECK(marked(encode_chunk(chunk, config).errors) ==
          "{\"id\":100,\"code\":\"wrong_type\",\"message\":\"m\",\"file\":\"b "
          "\\\"2\\\".jsonl\",\"line\":#0#,\"offset\":1000,\"row\":#0#}\n"
          "{\"code\":\"too_long\",\"message\":\"n\",\"file\":\"b "
          "\\\"2\\\".jsonl\",\"line\":#4#,\"offset\":1020,\"row\":#2#}\n");
  }
}

TEST_CASE(
    "encoder: an error's row is stamped with the record's number in the input, its line with the file's") {
  auto config = config_of();
  config.collect_errors = true;
  auto chunk = ChunkOf(2)
                   .failed(0, {RecordErrorCode::wrong_type, "m"})
                   .failed(1, {RecordErrorCode::wrong_type, "m"})
                   .done();
  chunk.table.rows[1].number = 70;  // a selected record brings its own
  chunk.table.rows[1].line = 80;
  const auto encoded = encode_chunk(chunk, config);
  const auto& stamps = encoded.errors.stamps;
  REQUIRE(stamps.size() == 4);
  CHECK(stamps[0].counter == Counter::line);
  CHECK(stamps[1].counter == Counter::row);
  CHECK(stamps[2].counter == Counter::line);
  CHECK(stamps[3].counter == Counter::row);
  CHECK(stamps[2].number == 80);
  CHECK(stamps[3].number == 70);
  CHECK(encoded.failed_rows == std::vector<std::uint64_t>{0, 1});
  for (const auto& stamp : encoded.output.stamps) CHECK(stamp.counter == Counter::line);
}

TEST_CASE("encoder: a NaN in the prediction is null and makes the row a non_finite failure") {
  const auto chunk = ChunkOf(2).batch({0, 1}, {floats("y", {2, 2}, {1, kNaN, 3, 4})}).done();
  const auto encoded = encode_chunk(chunk, config_of());
  CHECK_THAT(marked(encoded.output),
             Contains("{\"id\":100,\"outputs\":{\"y\":[1,null]},\"error\":{\"code\":\"non_finite\"") &&
                 Contains("{\"id\":101,\"outputs\":{\"y\":[3,4]}}\n"));
  CHECK(encoded.failed == 1);
  CHECK_THAT(encoded.first_failure.text, Contains("--non-finite string"));
}

TEST_CASE("encoder: with the string policy NaN and infinity are values like others") {
  auto config = config_of();
  config.rows.non_finite = NonFinite::string;
  const auto encoded =
      encode_chunk(ChunkOf(1).batch({0}, {floats("y", {1, 2}, {kNaN, -kInfinity})}).done(), config);
  CHECK(encoded.output.text == "{\"id\":100,\"outputs\":{\"y\":[\"NaN\",\"-Infinity\"]}}\n");
  CHECK(encoded.failed == 0);
}

TEST_CASE("encoder: work counts come along") {
  auto chunk = ChunkOf(1).batch({0}, {floats("y", {1}, {1})}).done();
  chunk.work.batches = 7;
  CHECK(encode_chunk(chunk, config_of()).work.batches == 7);
}

TEST_CASE("encoder: failures are counted by code, with the lines of the first few of each") {
  auto records = ChunkOf(7);
  for (std::size_t row = 1; row < 6; ++row) records.failed(row, {RecordErrorCode::too_long, "long"});
  const auto chunk =
      records.failed(6, {RecordErrorCode::wrong_type, "kind"}).batch({0}, {floats("y", {1}, {1})}).done();
  const auto encoded = encode_chunk(chunk, config_of());
  REQUIRE(encoded.failures.size() == 2);
  CHECK(encoded.failures[0].code == RecordErrorCode::too_long);
  CHECK(encoded.failures[0].rows == 5);
  CHECK(encoded.failures[0].first.size() == 3);
  CHECK_THAT(marked(encoded.failures[0].first[0]), Contains("#: long"));
  CHECK(encoded.failures[1].rows == 1);
  CHECK(encoded.failures[1].first.size() == 1);
  CHECK(encoded.failed == 6);
}

namespace {

/// Two good rows, a failed one between them; keys as they are given.
PredictedChunk keyed_chunk(const std::vector<NamedTensor>& outputs) {
  auto chunk = ChunkOf(3).failed(1, {RecordErrorCode::wrong_type, "no"}).batch({0, 1}, outputs).done();
  for (std::size_t i = 0; i < chunk.table.rows.size(); ++i) chunk.table.rows[i].key = {i + 1, 7};
  return chunk;
}

std::vector<RowKey> keys_of(const EncodedChunk& chunk) {
  std::vector<RowKey> keys(chunk.keys.size() / sizeof(RowKey));
  std::memcpy(keys.data(), chunk.keys.data(), chunk.keys.size());
  return keys;
}

/// A chunk of one row, which an earlier output has.
PredictedChunk again(std::string_view earlier) {
  auto chunk = ChunkOf(1).done();
  chunk.table.rows[0].earlier = earlier;
  return chunk;
}

EncoderConfig embeddings_as(const std::string& path) {
  auto config = config_of(Task::embedding);
  config.format = &output_format(path);
  config.rows.result.width = 2;
  return config;
}

}  // namespace

TEST_CASE("encoder: each output row has a key, a failed one none") {
  const auto chunk = keyed_chunk({floats("y", {2}, {1, 3})});
  auto config = config_of();
  CHECK(encode_chunk(chunk, config).keys.empty());
  config.with_keys = true;
  CHECK(keys_of(encode_chunk(chunk, config)) == std::vector<RowKey>{{1, 7}, {}, {3, 7}});
  config.on_error = OnError::skip;
  CHECK(keys_of(encode_chunk(chunk, config)) == std::vector<RowKey>{{1, 7}, {3, 7}});
}

TEST_CASE("encoder: of an earlier row the values stay and what is copied is the record's") {
  const auto config = config_of();
  const auto of = [&](std::string_view earlier) { return encode_chunk(again(earlier), config).output.text; };
  CHECK(of("{\"outputs\":{\"y\":1e-7}}\n") == "{\"id\":100,\"outputs\":{\"y\":1e-7}}\n");
  CHECK(of("{\"id\":\"a,\\\"outputs\\\":1\",\"user\":{\"outputs\":2},\"outputs\":{\"y\":[1,\"NaN\"]}}\n") ==
        "{\"id\":100,\"outputs\":{\"y\":[1,\"NaN\"]}}\n");
  for (const auto* broken : {"", "\n", "{}\n", "{\"id\":1}\n", "{\"outputs\":{\"y\":1}}"})
    CHECK_THROWS_AS(of(broken), RunError);
}

TEST_CASE("encoder: a row of a NumPy array is taken over byte for byte") {
  const std::string row(8, 'x');
  CHECK(encode_chunk(again(row), embeddings_as("a.npy")).output.text == row);
  CHECK_THROWS_AS(encode_chunk(again(row + "x"), embeddings_as("a.npy")), RunError);
}

TEST_CASE("encoder: of a CSV's row the last cells are taken over") {
  auto config = embeddings_as("a.csv");
  config.rows.flat.carried = {plain_field("id")};
  config.rows.flat.own = {
      spread_field("embedding", FlatKind::items, {"0", "1"}, {ColumnKind::float32, true})};
  const auto of = [&](std::string_view earlier) { return encode_chunk(again(earlier), config).output.text; };
  CHECK(of("7,0.5,1e-7,,\n") == "100,0.5,1e-7,,\n");
  CHECK(of("\"a, \"\"b\"\"\n\",more,0.5,2,,\n") == "100,0.5,2,,\n");
  for (const auto* broken : {"", "7,0.5,2,wrong_type,no\n", "2,,\n"}) CHECK_THROWS_AS(of(broken), RunError);
}

TEST_CASE("encoder: good rows' values go to the cache, and those that came from it are as they were") {
  auto config = config_of();
  config.cache = std::make_shared<RepeatCache>(1 << 20);
  auto chunk = keyed_chunk({floats("y", {2}, {1, kNaN})});
  encode_chunk(chunk, config);
  REQUIRE(config.cache->find({1, 7}));
  CHECK(*config.cache->find({1, 7}) == "\"outputs\":{\"y\":1}");
  CHECK(config.cache->find({3, 7}) == nullptr);
  auto known = ChunkOf(1).done();
  known.table.rows[0].values = config.cache->find({1, 7});
  CHECK(encode_chunk(known, config).output.text == "{\"id\":100,\"outputs\":{\"y\":1}}\n");
}
