#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "decoder/decoder.hpp"
#include "unit/decoder/raw_chunk.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::raw_chunk;
using Ids = std::vector<std::int64_t>;

namespace {

/// Whole words between spaces: [CLS]=2 a [SEP]=3, and a second text of type 1.
constexpr const char* kTokenizer = R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
"normalizer":null,"pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":{"type":"TemplateProcessing",
"single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
"pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}],
"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}},
"decoder":null,"model":{"type":"WordLevel","vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"a":4,"b":5,"é":6,"far":99},"unk_token":"[UNK]"}})";

TensorSpec tokens(const std::string& name, DType dtype = DType::int64, std::optional<ValueRange> range = {}) {
  return {name, dtype, {kVariableDim}, range, 0};
}

/// ids (0..9), mask and types of a text, or of a pair.
DecoderConfig text_config(std::size_t max_length = 6, bool truncate = true, bool pair = false) {
  DecoderConfig config;
  auto& signature = config.signature;
  signature.inputs = {tokens("ids", DType::int64, ValueRange{0, 9}), tokens("mask", DType::int32),
                      tokens("types")};
  signature.sources = {{{}, TokenPart::ids}, {{}, TokenPart::mask}, {{}, TokenPart::types}};
  signature.text = TextSpec{{{"text"}}, max_length, truncate, false};
  if (pair) signature.text->fields.push_back({"other", "text"});
  config.carried = {"id"};
  config.tokenizer =
      std::make_shared<const Tokenizer>(kTokenizer, TokenizerConfig{truncate ? max_length : 0, false, false});
  return config;
}

template <class T>
std::vector<T> values(const Column& column, std::size_t example) {
  std::vector<T> values(static_cast<std::size_t>(column.shape(example)[0]));
  std::memcpy(values.data(), column.values.data() + column.begins[example], values.size() * sizeof(T));
  return values;
}

DecodedChunk decode(const DecoderConfig& config, const std::vector<std::string_view>& lines) {
  return Decoder(config).decode(raw_chunk(lines));
}

std::string error_of(const DecoderConfig& config, std::string_view line) {
  const auto chunk = decode(config, {line});
  REQUIRE(chunk.table.rows[0].error.has_value());
  CHECK(chunk.examples == 0);
  for (const auto& column : chunk.inputs) CHECK(column.size() == 0);
  return std::string(error_code_name(chunk.table.rows[0].error->code)) + ": " +
         chunk.table.rows[0].error->message;
}

}  // namespace

TEST_CASE("text: becomes ids, mask and types, in the inputs' types") {
  const auto chunk = decode(text_config(), {R"({"text":"a b"})", R"({"text":""})", R"({"text":"\u00e9"})"});
  REQUIRE(chunk.examples == 3);
  CHECK(values<std::int64_t>(chunk.inputs[0], 0) == Ids{2, 4, 5, 3});
  CHECK(values<std::int32_t>(chunk.inputs[1], 0) == std::vector<std::int32_t>{1, 1, 1, 1});
  CHECK(values<std::int64_t>(chunk.inputs[2], 0) == Ids{0, 0, 0, 0});
  CHECK(values<std::int64_t>(chunk.inputs[0], 1) == Ids{2, 3});
  CHECK(values<std::int64_t>(chunk.inputs[0], 2) == Ids{2, 6, 3});
  CHECK(chunk.work.tokens == 9);
  CHECK(chunk.work.truncated == 0);
  CHECK(chunk.texts.entries.empty());
}

TEST_CASE("text: the number of its tokens is a value without a dimension") {
  auto config = text_config();
  config.signature.inputs[1] = {"counts", DType::int32, {}, {}, {}};
  config.signature.sources[1].tokens = TokenPart::count;
  const auto chunk = decode(config, {R"({"text":"a b"})", R"({"text":""})"});
  REQUIRE(chunk.examples == 2);
  CHECK(chunk.inputs[1].rank == 0);
  std::vector<std::int32_t> counts(2);
  REQUIRE(chunk.inputs[1].values.size() == 8);
  std::memcpy(counts.data(), chunk.inputs[1].values.data(), 8);
  CHECK(counts == std::vector<std::int32_t>{4, 2});
}

TEST_CASE("text: a pair lies in two fields, the second has type 1") {
  const auto config = text_config(8, true, true);
  const auto chunk = decode(config, {R"({"other":{"text":"b b"},"text":"a"})"});
  REQUIRE(chunk.examples == 1);
  CHECK(values<std::int64_t>(chunk.inputs[0], 0) == Ids{2, 4, 3, 5, 5, 3});
  CHECK(values<std::int64_t>(chunk.inputs[2], 0) == Ids{0, 0, 0, 1, 1, 1});
  CHECK(error_of(config, R"({"text":"a"})") == "missing_field: field \"other.text\" is missing");
  CHECK_THAT(error_of(config, R"({"text":"a","other":{"text":null}})"),
             Contains("other.text") && Contains("found null"));
}

TEST_CASE("text: a prompt is put before each text and counts towards the limit") {
  auto config = text_config(4);
  config.signature.text->prompt = "a ";
  const auto chunk = decode(config, {R"({"text":"b"})", R"({"text":""})", R"({"text":"b b b"})"});
  REQUIRE(chunk.examples == 3);
  CHECK(values<std::int64_t>(chunk.inputs[0], 0) == Ids{2, 4, 5, 3});
  CHECK(values<std::int64_t>(chunk.inputs[0], 1) == Ids{2, 4, 3});
  CHECK(values<std::int64_t>(chunk.inputs[0], 2) == Ids{2, 4, 5, 3});
  CHECK(chunk.work.truncated == 1);
}

TEST_CASE("text: longer than the limit is cut and counted, or refused") {
  const auto chunk = decode(text_config(4), {R"({"text":"a b a b"})", R"({"text":"a b"})"});
  CHECK(values<std::int64_t>(chunk.inputs[0], 0) == Ids{2, 4, 5, 3});
  CHECK(chunk.work.truncated == 1);
  CHECK_THAT(
      error_of(text_config(4, false), R"({"text":"a b a b"})"),
      Contains("too_long: the text has 6 tokens") && Contains("4 allowed") && Contains("--truncate yes"));
}

TEST_CASE("text: what is no string costs its record, and the walk goes on to the id") {
  for (const auto* value : {"5", "null", "[\"a\"]", "{\"a\":1}", "true"}) {
    const auto line = std::string("{\"text\":") + value + ",\"id\":7}";
    const auto chunk = decode(text_config(), {line, R"({"text":"a"})"});
    REQUIRE(chunk.table.rows[0].error.has_value());
    CHECK(chunk.table.rows[0].error->code == RecordErrorCode::wrong_type);
    CHECK(chunk.table.carried_of(chunk.table.rows[0]) == "\"id\":7");
    CHECK(chunk.examples == 1);
  }
  CHECK_THAT(error_of(text_config(), R"({"text":"\ud800"})"), Contains("invalid_json"));
}

TEST_CASE("text: of a repeated key the last one counts") {
  const auto chunk = decode(text_config(), {R"({"text":5,"text":"a","text":"b"})"});
  REQUIRE(chunk.examples == 1);
  CHECK(values<std::int64_t>(chunk.inputs[0], 0) == Ids{2, 5, 3});
  CHECK_THAT(error_of(text_config(), R"({"text":"a","text":5})"), Contains("wrong_type"));
}

TEST_CASE("text: can be copied to the output and stand beside fields that are numbers") {
  auto config = text_config();
  config.carried = {"text"};
  config.signature.inputs.push_back({"x", DType::float32, {2}, {}, {}});
  config.signature.sources.push_back({{"x"}, {}});
  const auto chunk = decode(
      config, {R"({"text": "a \"b\"", "x":[1,2]})", R"({"text":"a","x":[1]})", R"({"x":[3,4],"text":"b"})"});
  CHECK(chunk.examples == 2);
  CHECK(chunk.table.carried_of(chunk.table.rows[0]) == R"("text":"a \"b\"")");
  REQUIRE(chunk.table.rows[1].error.has_value());
  CHECK(chunk.table.rows[1].error->code == RecordErrorCode::wrong_shape);
  CHECK(chunk.inputs[0].size() == 2);
  CHECK(chunk.inputs[3].size() == 2);
  CHECK(values<std::int64_t>(chunk.inputs[0], 1) == Ids{2, 5, 3});
}

TEST_CASE("text: an id beyond the model's table never reaches the model") {
  CHECK_THAT(error_of(text_config(), R"({"text":"a far"})"),
             Contains("out_of_range") && Contains("99") && Contains("9"));
}

TEST_CASE("text: a tokenizer that makes nothing of a text costs its record") {
  auto config = text_config();
  auto json = std::string(kTokenizer);
  const auto begin = json.find("\"post_processor\":") + 17;
  json.replace(begin, json.find("\"decoder\"") - begin, "null,\n");
  config.tokenizer = std::make_shared<const Tokenizer>(json, TokenizerConfig{});
  CHECK_THAT(error_of(config, R"({"text":" "})"), Contains("tokenizer_error") && Contains("no tokens"));
}

TEST_CASE("text: entities keep the text and where its tokens stand, special ones left out") {
  auto config = text_config();
  config.signature.result.task = Task::entities;
  config.tokenizer = std::make_shared<const Tokenizer>(kTokenizer, TokenizerConfig{6, false, true});
  const auto chunk = decode(config, {R"({"text":"\u00e9 b"})", "{}", R"({"text":" a"})"});
  REQUIRE(chunk.texts.entries.size() == 2);
  CHECK(chunk.texts.text(0) == "é b");
  const auto first = chunk.texts.places_of(0);
  REQUIRE(first.size() == 2);
  CHECK((first[0].token == 1 && first[0].begin == 0 && first[0].end == 2));
  CHECK((first[1].token == 2 && first[1].begin == 3 && first[1].end == 4));
  CHECK(chunk.texts.text(1) == " a");
  REQUIRE(chunk.texts.places_of(1).size() == 1);
  CHECK(chunk.texts.places_of(1)[0].begin == 1);
}

TEST_CASE("text: one that comes beside its record is that of its JSON") {
  const auto config = text_config();
  const std::vector<std::string> texts{"a b", "", "b \"a\" \\ a", std::string("a\0b", 3)};
  const auto expected = decode(config, {R"({"text":"a b"})", R"({"text":""})", R"({"text":"b \"a\" \\ a"})",
                                        R"({"text":"a\u0000b"})"});
  auto chunk = raw_chunk({"{}", "{}", "{}", "{}", "{\"text\":7}"});
  PlainColumn column{"text", PlainKind::text};
  for (std::size_t i = 0; i < chunk.records.size(); ++i) {
    chunk.records[i].number = i;
    chunk.records[i].only_carried = i < texts.size();
    if (i < texts.size()) {
      const auto bytes = as_byte_view(texts[i]);
      column.values.insert(column.values.end(), bytes.begin(), bytes.end());
    }
    column.ends.push_back(column.values.size());
    column.forms.push_back(i < texts.size() ? PlainForm::single : PlainForm::in_line);
  }
  chunk.plain.push_back(column);
  const auto got = Decoder(config).decode(chunk);
  CHECK(got.examples == expected.examples);
  CHECK(got.inputs[0].values == expected.inputs[0].values);
  CHECK(got.inputs[0].begins == expected.inputs[0].begins);
  REQUIRE(got.table.rows[4].error);
  CHECK(got.table.rows[4].error->code == RecordErrorCode::wrong_type);
}
