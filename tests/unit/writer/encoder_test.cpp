#include "writer/encoder.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/writer/tensors.hpp"
#include "writer/classify.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::tensor_of;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// A chunk of file 1 whose rows have ids 100, 101, ... and lie on every second line.
class ChunkOf {
 public:
  explicit ChunkOf(std::size_t rows) {
    chunk_.table.range = {3, 1, 1000, 2000};
    chunk_.table.lines = 2 * rows;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto carried = "\"id\":" + std::to_string(100 + i);
      chunk_.table.rows.push_back({2 * i, 1000 + 10 * i, chunk_.table.carried.size(), carried.size(), 0, {}});
      chunk_.table.carried += carried;
    }
  }
  ChunkOf& failed(std::size_t row, RecordError error) {
    chunk_.table.rows[row].error = std::move(error);
    return *this;
  }
  ChunkOf& without_id(std::size_t row) {
    chunk_.table.rows[row].carried_size = 0;
    return *this;
  }
  ChunkOf& batch(std::vector<std::size_t> examples, std::vector<NamedTensor> outputs) {
    chunk_.batches.push_back({std::move(examples), std::move(outputs)});
    return *this;
  }
  PredictedChunk done() {
    for (auto& row : chunk_.table.rows) {
      if (!row.error) row.example = chunk_.examples++;
    }
    return chunk_;
  }

 private:
  PredictedChunk chunk_;
};

NamedTensor floats(const std::string& name, Shape shape, const std::vector<float>& values) {
  return {name, tensor_of<float>(DType::float32, std::move(shape), values)};
}

EncoderConfig config_of(Task task = Task::outputs) {
  EncoderConfig config;
  config.task = task;
  config.file_names = {"a.jsonl", "b \"2\".jsonl"};
  return config;
}

/// The text with "#line#" at every stamp.
std::string marked(const StampedText& source) {
  auto text = source.text;
  for (auto stamp = source.stamps.rbegin(); stamp != source.stamps.rend(); ++stamp) {
    text.insert(stamp->position, std::string("#").append(std::to_string(stamp->line)).append("#"));
  }
  return text;
}

std::vector<std::size_t> classes(const std::vector<ScoredClass>& scored) {
  std::vector<std::size_t> all;
  for (const auto& each : scored) all.push_back(each.index);
  return all;
}

std::vector<ScoredClass> best_of(const std::vector<float>& logits, std::size_t top_k) {
  const auto columns = static_cast<std::int64_t>(logits.size());
  return best_classes(tensor_of<float>(DType::float32, {1, columns}, logits), 0, top_k);
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
          "\\\"2\\\".jsonl\",\"line\":#0#,\"offset\":1000}\n"
          "{\"code\":\"too_long\",\"message\":\"n\",\"file\":\"b "
          "\\\"2\\\".jsonl\",\"line\":#4#,\"offset\":1020}\n");
  }
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
  config.non_finite = NonFinite::string;
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

// ---- classification ----

TEST_CASE("classify: softmax of logits, best first") {
  const auto best = best_of({0, std::log(3.0F), std::log(6.0F)}, 3);
  CHECK(classes(best) == std::vector<std::size_t>{2, 1, 0});
  CHECK(best[0].score == Approx(0.6));
  CHECK(best[1].score == Approx(0.3));
  CHECK(best[2].score == Approx(0.1));
}

TEST_CASE("classify: ties go to the lower class") {
  CHECK(classes(best_of({1, 2, 2, 1}, 4)) == std::vector<std::size_t>{1, 2, 0, 3});
  CHECK(classes(best_of({5, 5, 5}, 1)) == std::vector<std::size_t>{0});
}

TEST_CASE("classify: huge logits do not overflow, and their order stays") {
  const auto best = best_of({-3e38F, 3e38F, 0}, 3);
  CHECK(best[0].index == 1);
  CHECK(best[0].score == 1);
  CHECK(best_of({1000, 1001}, 1)[0].score == Approx(0.7310586));
}

TEST_CASE("classify: top_k beyond the classes gives all of them") { CHECK(best_of({1, 2}, 10).size() == 2); }

TEST_CASE("classify: a NaN or infinity has no best class") {
  CHECK(best_of({1, kNaN}, 1).empty());
  CHECK(best_of({1, kInfinity}, 1).empty());
}

TEST_CASE("classify: takes its own row, float64 too") {
  const auto logits = tensor_of<double>(DType::float64, {2, 2}, {1, 0, 0, 1});
  CHECK(best_classes(logits, 0, 1)[0].index == 0);
  CHECK(best_classes(logits, 1, 1)[0].index == 1);
}

TEST_CASE("encoder: classification writes label and score, by number without labels") {
  const auto chunk = ChunkOf(1).batch({0}, {floats("logits", {1, 2}, {0, 0})}).done();
  CHECK(encode_chunk(chunk, config_of(Task::classification)).output.text ==
        "{\"id\":100,\"label\":0,\"score\":0.5}\n");
  auto config = config_of(Task::classification);
  config.labels = {"go\"od", "bad"};
  CHECK(encode_chunk(chunk, config).output.text == "{\"id\":100,\"label\":\"go\\\"od\",\"score\":0.5}\n");
}

TEST_CASE("encoder: top_k adds the list of the best") {
  auto config = config_of(Task::classification);
  config.top_k = 2;
  config.labels = {"a", "b", "c"};
  const auto chunk = ChunkOf(1).batch({0}, {floats("logits", {1, 3}, {0, -2000, 0})}).done();
  CHECK(encode_chunk(chunk, config).output.text ==
        "{\"id\":100,\"label\":\"a\",\"score\":0.5,\"top_k\":[{\"label\":\"a\",\"score\":0.5},{\"label\":"
        "\"c\",\"score\":0.5}]}\n");
}

TEST_CASE("encoder: classification of a NaN row is null and a non_finite failure") {
  const auto chunk = ChunkOf(1).batch({0}, {floats("logits", {1, 2}, {0, kNaN})}).done();
  const auto encoded = encode_chunk(chunk, config_of(Task::classification));
  CHECK_THAT(encoded.output.text,
             Contains("{\"id\":100,\"label\":null,\"score\":null,\"error\":{\"code\":\"non_finite\""));
  CHECK(encoded.failed == 1);
}

TEST_CASE("encoder: outputs that the task cannot use are a usage error with the remedy") {
  const auto config = config_of(Task::classification);
  const auto refusal = [&](const NamedTensor& output) {
    return message_of<UsageError>([&] { check_outputs(std::vector{output}, config); });
  };
  CHECK_THAT(refusal(floats("y", {2}, {1, 2})),
             Contains("\"y\" is float32 [2]") && Contains("leave --task out"));
  CHECK_THAT(refusal(floats("y", {1, 1}, {1})), Contains("[batch, classes]"));
  CHECK_THAT(refusal(floats("y", {1, 1, 2}, {1, 2})), Contains("[1,1,2]"));
  CHECK_THAT(refusal({"y", tensor_of<std::int64_t>(DType::int64, {1, 2}, {1, 2})}), Contains("int64"));
  CHECK_NOTHROW(check_outputs(std::vector{floats("y", {1, 2}, {1, 2})}, config));
  CHECK_NOTHROW(check_outputs(std::vector{floats("y", {2}, {1, 2})}, config_of()));
}

TEST_CASE("encoder: a model without outputs and a wrong number of labels are usage errors") {
  CHECK_THAT(message_of<UsageError>([] { check_outputs({}, config_of()); }), Contains("no output"));
  auto config = config_of(Task::classification);
  config.labels = {"a", "b", "c"};
  CHECK_THAT(message_of<UsageError>([&] {
               check_outputs(std::vector{floats("y", {1, 2}, {1, 2})}, config);
             }),
             Contains("3 labels") && Contains("2 classes"));
}

TEST_CASE("encoder: outputs that change in the middle of a run are a run error") {
  const auto chunk = ChunkOf(1).batch({0}, {floats("y", {1}, {1})}).done();
  CHECK_THROWS_AS(encode_chunk(chunk, config_of(Task::classification)), RunError);
}
