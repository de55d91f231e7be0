#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.hpp"
#include "encoder/classify.hpp"
#include "encoder/entities.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/encoder/predicted_chunks.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

std::vector<double> scores_of(const std::vector<float>& logits, Activation activation = Activation::softmax) {
  return class_scores(tensor_of<float>(DType::float32, {1, static_cast<std::int64_t>(logits.size())}, logits),
                      0, logits.size(), activation);
}

std::vector<std::size_t> best_of(const std::vector<float>& logits, std::size_t count) {
  return best_classes(scores_of(logits), count);
}

EncoderConfig classification(Activation activation = Activation::softmax,
                             std::vector<std::string> labels = {}) {
  auto config = config_of(Task::classification);
  config.rows.result.activation = activation;
  config.rows.result.labels = std::move(labels);
  return config;
}

std::string row_of(const std::vector<float>& logits, const EncoderConfig& config) {
  const auto classes = static_cast<std::int64_t>(logits.size());
  return encode_chunk(ChunkOf(1).batch({0}, {floats("logits", {1, classes}, logits)}).done(), config)
      .output.text;
}

const float kLog3 = std::log(3.0F);

/// Logits of tokens that each have one clear label out of four, at 3 : 1 : 1 : 1.
std::vector<float> tagged(const std::vector<std::size_t>& tags) {
  std::vector<float> logits(tags.size() * 4, 0);
  for (std::size_t i = 0; i < tags.size(); ++i) logits[4 * i + tags[i]] = kLog3;
  return logits;
}

const std::vector<std::string> kLabels{"O", "B-PER", "I-PER", "B-LOC"};

/// Entities as "NAME[begin,end)", of tokens that stand at [2i, 2i + 2).
std::string entities_of(const std::vector<std::size_t>& tags) {
  std::vector<TokenPlace> places;
  for (std::uint32_t i = 0; i < tags.size(); ++i) places.push_back({i, 2 * i, 2 * i + 2});
  const auto logits =
      tensor_of<float>(DType::float32, {1, static_cast<std::int64_t>(tags.size()), 4}, tagged(tags));
  std::string text;
  const auto entities = find_entities(logits, 0, places, kLabels);
  REQUIRE(entities.has_value());
  for (const auto& entity : *entities) {
    text += std::string(entity.name) + "[" + std::to_string(entity.begin) + "," + std::to_string(entity.end) +
            ")";
    CHECK(entity.score == Approx(0.5));
  }
  return text;
}

}  // namespace

TEST_CASE("classify: softmax of logits, best first") {
  const auto scores = scores_of({0, kLog3, std::log(6.0F)});
  CHECK(scores[0] == Approx(0.1));
  CHECK(scores[1] == Approx(0.3));
  CHECK(scores[2] == Approx(0.6));
  CHECK(best_classes(scores, 3) == std::vector<std::size_t>{2, 1, 0});
}

TEST_CASE("classify: sigmoid judges each label by itself, none leaves the values") {
  CHECK(scores_of({0, kLog3}, Activation::sigmoid)[1] == Approx(0.75));
  CHECK(scores_of({0, -1000, 1000}, Activation::sigmoid) == std::vector<double>{0.5, 0, 1});
  CHECK(scores_of({-7.5, 3}, Activation::none) == std::vector<double>{-7.5, 3});
}

TEST_CASE("classify: ties go to the lower class") {
  CHECK(best_of({1, 2, 2, 1}, 4) == std::vector<std::size_t>{1, 2, 0, 3});
  CHECK(best_of({5, 5, 5}, 1) == std::vector<std::size_t>{0});
}

TEST_CASE("classify: huge logits do not overflow, and their order stays") {
  CHECK(best_of({-3e38F, 3e38F, 0}, 3)[0] == 1);
  CHECK(scores_of({-3e38F, 3e38F, 0})[1] == 1);
  CHECK(scores_of({1000, 1001})[1] == Approx(0.7310586));
}

TEST_CASE("classify: more than all classes gives all of them") { CHECK(best_of({1, 2}, 10).size() == 2); }

TEST_CASE("classify: a NaN or infinity among the logits gives no scores") {
  CHECK(scores_of({1, kNaN}).empty());
  CHECK(scores_of({1, kInfinity}, Activation::none).empty());
}

TEST_CASE("classify: takes its own row, float64 too") {
  const auto logits = tensor_of<double>(DType::float64, {2, 2}, {1, 0, 0, 1});
  CHECK(class_scores(logits, 0, 2, Activation::none) == std::vector<double>{1, 0});
  CHECK(class_scores(logits, 1, 2, Activation::none) == std::vector<double>{0, 1});
}

TEST_CASE("encoder: classification writes label and score, by number without labels") {
  CHECK(row_of({0, 0}, classification()) == "{\"id\":100,\"label\":0,\"score\":0.5}\n");
  CHECK(row_of({0, 0}, classification(Activation::softmax, {"go\"od", "bad"})) ==
        "{\"id\":100,\"label\":\"go\\\"od\",\"score\":0.5}\n");
}

TEST_CASE("encoder: top_k adds the list of the best") {
  auto config = classification(Activation::softmax, {"a", "b", "c"});
  config.rows.top_k = 2;
  CHECK(row_of({0, -2000, 0}, config) ==
        "{\"id\":100,\"label\":\"a\",\"score\":0.5,\"top_k\":[{\"label\":\"a\",\"score\":0.5},{\"label\":"
        "\"c\",\"score\":0.5}]}\n");
}

TEST_CASE("encoder: all scores are written in the classes' order") {
  auto config = classification(Activation::softmax, {"a", "b"});
  config.rows.all_scores = true;
  CHECK(row_of({0, 2000}, config) ==
        "{\"id\":100,\"label\":\"b\",\"score\":1,\"scores\":{\"a\":0,\"b\":1}}\n");
  config.rows.result.labels.clear();
  CHECK_THAT(row_of({0, 2000}, config), Contains("\"scores\":{\"0\":0,\"1\":1}"));
}

TEST_CASE("encoder: with sigmoid every label from the threshold on holds, best first") {
  auto config = classification(Activation::sigmoid, {"a", "b", "c"});
  CHECK(row_of({0, -1000, 1000}, config) ==
        "{\"id\":100,\"labels\":[{\"label\":\"c\",\"score\":1},{\"label\":\"a\",\"score\":0.5}]}\n");
  config.rows.result.threshold = 0.75;
  CHECK(row_of({0, -1000, 0}, config) == "{\"id\":100,\"labels\":[]}\n");
  config.rows.all_scores = true;
  CHECK(row_of({0, -1000, 0}, config) ==
        "{\"id\":100,\"labels\":[],\"scores\":{\"a\":0.5,\"b\":0,\"c\":0.5}}\n");
}

TEST_CASE("encoder: one class is one score, with and without a dimension of its own") {
  CHECK(row_of({0}, classification(Activation::sigmoid)) == "{\"id\":100,\"score\":0.5}\n");
  CHECK(row_of({-3.25}, classification(Activation::none)) == "{\"id\":100,\"score\":-3.25}\n");
  const auto flat = ChunkOf(2).batch({1, 0}, {floats("y", {2}, {1, 2})}).done();
  CHECK(encode_chunk(flat, classification(Activation::none)).output.text ==
        "{\"id\":100,\"score\":2}\n{\"id\":101,\"score\":1}\n");
}

TEST_CASE("encoder: regression on several values writes them all") {
  CHECK(row_of({1.5, -2}, classification(Activation::none, {"x", "y"})) ==
        "{\"id\":100,\"scores\":{\"x\":1.5,\"y\":-2}}\n");
}

TEST_CASE("encoder: classification of a NaN row is null and a non_finite failure") {
  const auto chunk = ChunkOf(1).batch({0}, {floats("logits", {1, 2}, {0, kNaN})}).done();
  const auto encoded = encode_chunk(chunk, classification());
  CHECK_THAT(encoded.output.text,
             Contains("{\"id\":100,\"label\":null,\"score\":null,\"error\":{\"code\":\"non_finite\""));
  CHECK(encoded.failed == 1);
}

TEST_CASE("encoder: an embedding is a list of its values") {
  const auto chunk = ChunkOf(1).batch({0}, {floats("e", {1, 3}, {0.5, -1, 0.1F})}).done();
  CHECK(encode_chunk(chunk, config_of(Task::embedding)).output.text ==
        "{\"id\":100,\"embedding\":[0.5,-1,0.1]}\n");
}

namespace {

const std::vector<float> kLogprobs{1, -0.5, -1.25, 1, 1, -2};  // of two rows; 1: not scored

}  // namespace

TEST_CASE("encoder: a likelihood adds up the tokens that are scored") {
  const auto chunk = ChunkOf(2).batch({0, 1}, {floats("logprobs", {2, 3}, kLogprobs)}).done();
  auto config = config_of(Task::likelihood);
  CHECK(encode_chunk(chunk, config).output.text ==
        "{\"id\":100,\"logprob\":-1.75,\"tokens\":2,\"perplexity\":2.3988752}\n"
        "{\"id\":101,\"logprob\":-2,\"tokens\":1,\"perplexity\":7.389056}\n");
  config.rows.per_token = true;
  CHECK_THAT(encode_chunk(chunk, config).output.text,
             Contains("\"perplexity\":2.3988752,\"token_logprobs\":[null,-0.5,-1.25]}\n"));
}

TEST_CASE("encoder: a likelihood is without what padding made") {
  auto chunk = ChunkOf(2).batch({0, 1}, {floats("logprobs", {2, 3}, {1, -0.5, -9, 1, -1, -2})}).done();
  chunk.batches[0].own_shapes = {{{2}, {3}}};
  auto config = config_of(Task::likelihood);
  config.rows.per_token = true;
  CHECK_THAT(encode_chunk(chunk, config).output.text, Contains("\"logprob\":-0.5,\"tokens\":1,") &&
                                                          Contains("\"token_logprobs\":[null,-0.5]}") &&
                                                          Contains("\"logprob\":-3,\"tokens\":2,"));
}

TEST_CASE("encoder: a text with no token to score has no perplexity") {
  const auto chunk = ChunkOf(1).batch({0}, {floats("logprobs", {1, 1}, {1})}).done();
  auto config = config_of(Task::likelihood);
  config.rows.per_token = true;
  const auto encoded = encode_chunk(chunk, config);
  CHECK(encoded.output.text ==
        "{\"id\":100,\"logprob\":0,\"tokens\":0,\"perplexity\":null,\"token_logprobs\":[null]}\n");
  CHECK(encoded.failed == 0);
}

TEST_CASE("encoder: the sum of a long text's tokens is as exact as each of them") {
  constexpr std::int64_t kTokens = 100000;
  const auto chunk =
      ChunkOf(1).batch({0}, {floats("logprobs", {1, kTokens}, std::vector<float>(kTokens, -0.1F))}).done();
  CHECK_THAT(encode_chunk(chunk, config_of(Task::likelihood)).output.text,
             Contains("\"logprob\":-10000,\"tokens\":100000,"));
}

TEST_CASE("encoder: a NaN among the tokens is a non_finite failure") {
  const auto chunk = ChunkOf(1).batch({0}, {floats("logprobs", {1, 3}, {1, kNaN, -1})}).done();
  auto config = config_of(Task::likelihood);
  config.rows.per_token = true;
  const auto encoded = encode_chunk(chunk, config);
  CHECK_THAT(encoded.output.text,
             Contains("\"logprob\":null,\"tokens\":2,\"perplexity\":null,"
                      "\"token_logprobs\":[null,null,-1],\"error\":{\"code\":\"non_finite\""));
  CHECK(encoded.failed == 1);
}

TEST_CASE("entities: neighbours of one name make one entity, B- begins a new one, O is none") {
  CHECK(entities_of({}).empty());
  CHECK(entities_of({0, 0}).empty());
  CHECK(entities_of({1, 2, 2}) == "PER[0,6)");
  CHECK(entities_of({1, 1}) == "PER[0,2)PER[2,4)");
  CHECK(entities_of({2, 2, 0, 2}) == "PER[0,4)PER[6,8)");
  CHECK(entities_of({1, 3, 2}) == "PER[0,2)LOC[2,4)PER[4,6)");
}

TEST_CASE("entities: a NaN counts only where a token stands") {
  auto values = tagged({1, 2});
  values[5] = kNaN;
  const auto logits = tensor_of<float>(DType::float32, {1, 2, 4}, values);
  CHECK(find_entities(logits, 0, std::vector<TokenPlace>{{0, 0, 1}}, kLabels).has_value());
  CHECK_FALSE(find_entities(logits, 0, std::vector<TokenPlace>{{1, 0, 1}}, kLabels).has_value());
}

TEST_CASE("encoder: entities have their text and their place in characters") {
  auto config = config_of(Task::entities);
  config.rows.result.labels = kLabels;
  auto chunk = ChunkOf(1).batch({0}, {floats("logits", {1, 3, 4}, tagged({0, 1, 2}))}).done();
  chunk.texts.texts = "\xC3\xA9\xE2\x82\xAC \xC3\x84nn";  // é€ Änn
  chunk.texts.places = {{1, 6, 8}, {2, 8, 10}};
  chunk.texts.entries = {{0, 10, 0, 2}};
  CHECK(encode_chunk(chunk, config).output.text ==
        "{\"id\":100,\"entities\":[{\"entity\":\"PER\",\"score\":0.5,\"text\":\"\xC3\x84nn\",\"start\":3,"
        "\"end\":6}]}"
        "\n");
}

TEST_CASE("encoder: outputs that the task cannot use are a usage error with the remedy") {
  const auto config = config_of(Task::classification);
  const auto refusal = [&](const NamedTensor& output) {
    return message_of<UsageError>([&] { check_outputs(std::vector{output}, config.rows.result); });
  };
  CHECK_THAT(refusal(floats("y", {2}, {1, 2})),
             Contains("\"y\" is float32 [2]") && Contains("[batch, classes]") && Contains("--task outputs"));
  CHECK_THAT(refusal(floats("y", {1, 1}, {1})), Contains("two classes or more"));
  CHECK_THAT(refusal(floats("y", {1, 1, 2}, {1, 2})), Contains("[1,1,2]"));
  CHECK_THAT(refusal({"y", tensor_of<std::int64_t>(DType::int64, {1, 2}, {1, 2})}), Contains("int64"));
  CHECK_NOTHROW(check_outputs(std::vector{floats("y", {1, 2}, {1, 2})}, config.rows.result));
  CHECK_NOTHROW(check_outputs(std::vector{floats("y", {2}, {1, 2})}, config_of().rows.result));
}

TEST_CASE("encoder: a model without outputs and a wrong number of labels are usage errors") {
  CHECK_THAT(message_of<UsageError>([] { check_outputs({}, {}); }), Contains("no output"));
  auto config = config_of(Task::classification);
  config.rows.result.labels = {"a", "b", "c"};
  CHECK_THAT(message_of<UsageError>([&] {
               check_outputs(std::vector{floats("y", {1, 2}, {1, 2})}, config.rows.result);
             }),
             Contains("3 labels") && Contains("2 classes"));
}

TEST_CASE("encoder: outputs that change in the middle of a run are a run error") {
  const auto chunk = ChunkOf(1).batch({0}, {floats("y", {1}, {1})}).done();
  CHECK_THROWS_AS(encode_chunk(chunk, config_of(Task::classification)), RunError);
}

TEST_CASE("encoder: each task says what it needs") {
  const auto refusal = [](Task task, Shape shape, std::size_t width = 0) {
    ResultSpec result;
    result.task = task;
    result.width = width;
    std::vector<float> values(element_count(shape));
    return message_of<UsageError>([&] { check_outputs(std::vector{floats("y", shape, values)}, result); });
  };
  CHECK_THAT(refusal(Task::embedding, {2, 3, 4}), Contains("--task embedding") && Contains("[batch, width]"));
  CHECK_THAT(refusal(Task::embedding, {2, 3}, 4), Contains("4 values") && Contains("[2,3]"));
  CHECK_THAT(refusal(Task::entities, {2, 3}), Contains("[batch, tokens, labels]"));
  CHECK_THAT(refusal(Task::likelihood, {2}), Contains("[batch, tokens]"));
}
