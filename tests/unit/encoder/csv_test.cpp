#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/encoder/predicted_chunks.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

ResultSpec outputs_named(std::vector<std::string> names) {
  ResultSpec result;
  result.outputs = std::move(names);
  return result;
}

ResultSpec classes_of(Activation activation, std::vector<std::string> labels) {
  ResultSpec result;
  result.task = Task::classification;
  result.activation = activation;
  result.labels = std::move(labels);
  return result;
}

ResultOptions all_scores_and_top(std::size_t count) {
  ResultOptions options;
  options.top_k = count;
  options.all_scores = true;
  return options;
}

/// Of a run that copies `fields` beside the id.
EncoderConfig csv_of(const ResultSpec& result, const ResultOptions& options = {},
                     std::vector<std::string> fields = {}) {
  RunConfig run;
  run.output.path = "out.csv";
  run.results = options;
  run.input.passthrough = std::move(fields);
  auto config = config_of(result.task);
  config.format = &output_format("out.csv");
  config.rows.result = result;
  config.rows.top_k = options.top_k;
  config.rows.all_scores = options.all_scores;
  config.rows.per_token = options.per_token;
  config.rows.flat = flat_row(run, result);
  return config;
}

std::string header_of(const EncoderConfig& config) { return config.format->header(config.rows, 0); }

std::string rows_of(const PredictedChunk& chunk, const EncoderConfig& config) {
  const auto encoded = encode_chunk(chunk, config);
  CHECK(encoded.output.stamps.empty());
  return encoded.output.text;
}

/// The row of a record with these copied fields, without what stands for the model's output and the error.
std::string cells_of(const std::string& carried, const std::vector<std::string>& fields) {
  const auto config = csv_of(outputs_named({"y"}), {}, fields);
  StampedText out;
  config.format->append_row(out, {carried, "\"outputs\":{\"y\":1}"}, config.rows);
  REQUIRE(out.text.ends_with(",1,,\n"));
  return out.text.substr(0, out.text.size() - 5);
}

}  // namespace

TEST_CASE("csv: outputs have a column each, a list or an object is JSON in its cell") {
  const auto config = csv_of(outputs_named({"y", "z,\"1\""}));
  CHECK(header_of(config) == "id,outputs_y,\"outputs_z,\"\"1\"\"\",error_code,error_message\n");
  const auto chunk =
      ChunkOf(2)
          .without_id(1)
          .batch({0, 1}, {floats("y", {2}, {0.1F, -3}), floats("z,\"1\"", {2, 2}, {1, 2, 3, 4})})
          .done();
  CHECK(rows_of(chunk, config) == "100,0.1,\"[1,2]\",,\n,-3,\"[3,4]\",,\n");
}

TEST_CASE("csv: a failed record has its code and message, and no values") {
  const auto config = csv_of(outputs_named({"y"}));
  const auto chunk = ChunkOf(2)
                         .failed(0, {RecordErrorCode::wrong_type, "found \"x\", a string"})
                         .batch({0}, {floats("y", {1}, {7})})
                         .done();
  CHECK(rows_of(chunk, config) == "100,,wrong_type,\"found \"\"x\"\", a string\"\n101,7,,\n");
}

TEST_CASE("csv: what is not finite is missing and an error, or spelt without quotes") {
  auto config = csv_of(outputs_named({"y"}));
  const auto chunk = ChunkOf(3).batch({0, 1, 2}, {floats("y", {3}, {kNaN, kInfinity, -kInfinity})}).done();
  CHECK_THAT(rows_of(chunk, config), Contains("100,,non_finite,"));
  config.rows.non_finite = NonFinite::string;
  CHECK(rows_of(chunk, config) == "100,NaN,,\n101,Infinity,,\n102,-Infinity,,\n");
}

TEST_CASE("csv: an embedding has a column for each value") {
  ResultSpec result;
  result.task = Task::embedding;
  result.width = 3;
  auto config = csv_of(result);
  CHECK(header_of(config) == "id,embedding_0,embedding_1,embedding_2,error_code,error_message\n");
  const auto chunk = ChunkOf(2).batch({0, 1}, {floats("e", {2, 3}, {1, 0.5F, -2e-9F, 4, kNaN, 6})}).done();
  CHECK_THAT(rows_of(chunk, config), Contains("100,1,0.5,-2e-09,,\n101,4,,6,non_finite,"));
  config.rows.non_finite = NonFinite::string;
  CHECK(rows_of(chunk, config) == "100,1,0.5,-2e-09,,\n101,4,NaN,6,,\n");
}

TEST_CASE("csv: the columns of classes follow the activation, the options and the labels") {
  const auto softmax = classes_of(Activation::softmax, {"no", "yes"});
  CHECK(header_of(csv_of(softmax)) == "id,label,score,error_code,error_message\n");
  CHECK(header_of(csv_of(softmax, all_scores_and_top(2))) ==
        "id,label,score,top_k,scores_no,scores_yes,error_code,error_message\n");
  CHECK(header_of(csv_of(classes_of(Activation::sigmoid, {"a", "b"}))) ==
        "id,labels,error_code,error_message\n");
  CHECK(header_of(csv_of(classes_of(Activation::sigmoid, {"a"}))) == "id,score,error_code,error_message\n");
  auto unnamed = classes_of(Activation::none, {});
  unnamed.width = 2;
  CHECK(header_of(csv_of(unnamed)) == "id,scores_0,scores_1,error_code,error_message\n");
}

TEST_CASE("csv: rows of classes fill the columns, also those of a prediction that is not finite") {
  const auto config = csv_of(classes_of(Activation::softmax, {"no", "yes"}), all_scores_and_top(2));
  const auto chunk = ChunkOf(2).batch({0, 1}, {floats("l", {2, 2}, {0, 0, kNaN, 0})}).done();
  CHECK_THAT(rows_of(chunk, config),
             Contains("100,no,0.5,\"[{\"\"label\"\":\"\"no\"\",\"\"score\"\":0.5},{\"\"label\"\":\"\"yes\"\","
                      "\"\"score\"\":0.5}]\",0.5,0.5,,\n101,,,,,,non_finite,"));
}

TEST_CASE("csv: a likelihood is three numbers, and a list where each token's is asked for") {
  ResultSpec result;
  result.task = Task::likelihood;
  const auto chunk = ChunkOf(2).batch({0, 1}, {floats("p", {2, 2}, {1, -2, 1, 1})}).done();
  CHECK(header_of(csv_of(result)) == "id,logprob,tokens,perplexity,error_code,error_message\n");
  CHECK(rows_of(chunk, csv_of(result)) == "100,-2,1,7.389056,,\n101,0,0,,,\n");
  ResultOptions options;
  options.per_token = true;
  CHECK_THAT(header_of(csv_of(result, options)), Contains("perplexity,token_logprobs,error_code"));
  CHECK_THAT(rows_of(chunk, csv_of(result, options)), Contains("7.389056,\"[null,-2]\",,\n"));
}

TEST_CASE("csv: copied fields are text, what lacks is empty, and an empty string is not") {
  CHECK(cells_of(R"("id":7,"a":"x","b":true)", {"a", "b"}) == "7,x,true");
  CHECK(cells_of(R"("b":1.50e2)", {"a", "b"}) == ",,1.50e2");
  CHECK(cells_of("", {"a", "b"}) == ",,");
  CHECK(cells_of(R"("id":null,"a":"")", {"a"}) == ",\"\"");
  CHECK(cells_of(R"("id":"null","a":{"b": [1, "x"]})", {"a"}) == "null,\"{\"\"b\"\": [1, \"\"x\"\"]}\"");
  CHECK(cells_of(R"("a.b":"\u00e9\ud83d\ude00")", {"a.b"}) == ",\u00e9\U0001F600");
}

TEST_CASE("csv: quotes stand where a reader would take a cell for something else") {
  for (const auto& [json, cell] : std::vector<std::pair<std::string, std::string>>{{"plain", "plain"},
                                                                                   {"a b", "a b"},
                                                                                   {"a,b", "\"a,b\""},
                                                                                   {"\\\"", "\"\"\"\""},
                                                                                   {"a\\nb", "\"a\nb\""},
                                                                                   {"\\r", "\"\r\""},
                                                                                   {" a", "\" a\""},
                                                                                   {"a\\t", "\"a\t\""},
                                                                                   {"a;b'c", "a;b'c"}}) {
    CHECK(cells_of("\"id\":\"" + json + "\"", {}) == cell);
  }
}

TEST_CASE("csv: two columns of one name are refused, with the ways out") {
  for (const auto& [fields, result] : std::vector<std::pair<std::string, ResultSpec>>{
           {"outputs_y", outputs_named({"y"})},
           {"error_code", outputs_named({"y"})},
           {"label", classes_of(Activation::softmax, {"a", "b"})}}) {
    CHECK_THAT(message_of<UsageError>([&] { csv_of(result, {}, {fields}); }),
               Contains("two columns named \"" + fields + "\"") && Contains(".jsonl"));
  }
}

TEST_CASE("csv: columns are learnt from outputs where the signature does not state them") {
  auto raw = outputs_named({"first"});
  CHECK(states_columns(raw));
  learn_columns(raw, std::vector{floats("a", {2}, {1, 2}), floats("b", {2}, {1, 2})});
  CHECK(raw.outputs == std::vector<std::string>{"first", "b"});
  auto classes = classes_of(Activation::softmax, {});
  CHECK_FALSE(states_columns(classes));
  learn_columns(classes, std::vector{floats("l", {1, 3}, {1, 2, 3})});
  CHECK(classes.width == 3);
  CHECK(states_columns(classes));
  CHECK_FALSE(states_columns(outputs_named({})));
  ResultSpec likelihood;
  likelihood.task = Task::likelihood;
  CHECK(states_columns(likelihood));
  learn_columns(likelihood, std::vector{floats("l", {1, 3}, {1, 2, 3})});
  CHECK(likelihood.width == 0);
}
