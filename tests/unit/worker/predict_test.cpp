#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "unit/model/fake_model.hpp"
#include "unit/record/tensors.hpp"
#include "unit/worker/predicting.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using namespace infer::test;

namespace {

/// Twice its input; throws for a batch that has a guilty number in it.
FakeModel doubling(std::set<int> guilty) {
  return {{{"x", false}}, [guilty = std::move(guilty)](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
            auto values = floats_of(inputs[0]);
            for (const auto value : values) {
              if (guilty.contains(static_cast<int>(value)))
                throw ModelError("guilty: " + std::to_string(int(value)));
            }
            for (auto& value : values) value *= 2;
            return {{"y", test::tensor_of<float>(DType::float32, inputs[0].shape, values)}};
          }};
}

void check_guilty_are_found(int count, const std::set<int>& guilty, const std::set<int>& broken,
                            std::size_t max_rows) {
  auto model = doubling(guilty);
  const auto chunk = predict(numbers(count, broken), model, scalar_signature(), {max_rows, 1000});
  const auto found = results(chunk);
  REQUIRE(found.size() == static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const auto row = static_cast<std::size_t>(i);
    const auto& error = chunk.table.rows[row].error;
    if (broken.contains(i)) {
      CHECK(error->code == RecordErrorCode::missing_field);
    } else if (guilty.contains(i)) {
      REQUIRE(error.has_value());
      CHECK(error->code == RecordErrorCode::model_error);
      CHECK(error->message == "guilty: " + std::to_string(i));
    } else {
      CHECK(found[row] == 2.0F * static_cast<float>(i));
    }
  }
}

}  // namespace

TEST_CASE("predict: an empty chunk does not run the model") {
  auto model = doubling({});
  const auto chunk = predict(numbers(0), model, scalar_signature(), {});
  CHECK(chunk.batches.empty());
  CHECK(model.runs == 0);
}

TEST_CASE("predict: a chunk of broken records does not run the model") {
  auto model = doubling({});
  const auto chunk = predict(numbers(3, {0, 1, 2}), model, scalar_signature(), {});
  CHECK(chunk.table.rows.size() == 3);
  CHECK(model.runs == 0);
}

TEST_CASE("predict: every good record has its result, in batches of at most max_rows") {
  auto model = doubling({});
  const auto chunk = predict(numbers(10, {3}), model, scalar_signature(), {4, 1000});
  CHECK(results(chunk)[9] == 18.0F);
  CHECK(chunk.batches.size() == 3);
  CHECK(model.runs == 3);
  CHECK(chunk.work.batches == 3);
  CHECK(chunk.work.elements == 9);
  CHECK(chunk.work.padded_elements == 9);
}

TEST_CASE("predict: one guilty record anywhere costs itself only") {
  for (int guilty = 0; guilty < 17; ++guilty) check_guilty_are_found(17, {guilty}, {}, 64);
}

TEST_CASE("predict: all records guilty are all errors, each with its own message") {
  check_guilty_are_found(9, {0, 1, 2, 3, 4, 5, 6, 7, 8}, {}, 4);
}

TEST_CASE("predict: any set of guilty records is found exactly, among broken ones too") {
  std::mt19937 random(17);
  for (int round = 0; round < 60; ++round) {
    const int count = 1 + static_cast<int>(random() % 60);
    std::set<int> guilty;
    std::set<int> broken;
    for (auto k = random() % 8; k > 0; --k) guilty.insert(static_cast<int>(random()) % count);
    for (auto k = random() % 4; k > 0; --k) broken.insert(static_cast<int>(random()) % count);
    check_guilty_are_found(count, guilty, broken, 1 + random() % 40);
  }
}

TEST_CASE("predict: finding one guilty record of 1024 takes about 20 runs more, not 1024") {
  auto model = doubling({700});
  predict(numbers(1024), model, scalar_signature(), {1024, 1'000'000});
  CHECK(model.runs <= 22);
}

TEST_CASE("predict: what becomes of an example becomes of all rows that it has") {
  FakeModel model({{"x", false}}, [](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
    for (const auto value : floats_of(inputs[0]))
      if (value == 7) throw ModelError("no sevens");
    return {{"y", inputs[0]}};
  });
  DecoderConfig config{scalar_signature(), nullptr, {}, 1000};
  config.reuse.repeats = true;
  auto decoded = Decoder(config).decode(
      test::raw_chunk({"{\"x\":7}", "{\"x\":1}", "{\"x\":7}", "{}", "{\"x\":1}", "{\"x\":7}"}));
  const auto chunk = predict(std::move(decoded), model, scalar_signature(), {});
  std::vector<std::string> errors;
  for (const auto& row : chunk.table.rows) errors.push_back(row.error ? row.error->message : "");
  const std::string missing = "field \"x\" is missing";
  CHECK(errors == std::vector<std::string>{"no sevens", "", "no sevens", missing, "", "no sevens"});
  CHECK(chunk.work.repeated == 3);
}

TEST_CASE("predict: a run error ends the run") {
  FakeModel model({{"x", false}},
                  [](Inputs, DTypes) -> std::vector<NamedTensor> { throw RunError("device lost"); });
  CHECK_THROWS_AS(predict(numbers(3), model, scalar_signature(), {}), RunError);
}

TEST_CASE("predict: the model gets the signature's dtypes, half precision as float32 values") {
  std::vector<DType> asked;
  std::vector<DType> given;
  FakeModel model({{"x", false}}, [&](Inputs inputs, DTypes dtypes) -> std::vector<NamedTensor> {
    asked.assign(dtypes.begin(), dtypes.end());
    given.push_back(inputs[0].dtype);
    return {{"y", inputs[0]}};
  });
  const auto signature = field_signature({{"x", DType::float16, {}, {}, {}}});
  const auto decoded = Decoder({signature, nullptr, {}, 1000}).decode(test::raw_chunk({"{\"x\":1}"}));
  CHECK(decoded.examples == 1);
  predict(Decoder({signature, nullptr, {}, 1000}).decode(test::raw_chunk({"{\"x\":1}"})), model, signature,
          {});
  CHECK(asked == std::vector<DType>{DType::float16});
  CHECK(given == std::vector<DType>{DType::float32});
}

TEST_CASE("predict: padded examples are longest first and the padding is counted") {
  std::vector<Shape> shapes;
  FakeModel model({{"x", false}}, [&](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
    shapes.push_back(inputs[0].shape);
    return {{"y", inputs[0]}};
  });
  const auto signature = field_signature({{"x", DType::float32, {kVariableDim}, {}, 0.0}});
  auto decoded = Decoder({signature, nullptr, {}, 1000})
                     .decode(test::raw_chunk({"{\"x\":[1]}", "{\"x\":[1,2,3]}", "{\"x\":[1,2]}"}));
  const auto chunk = predict(std::move(decoded), model, signature, {8, 6});
  CHECK(shapes == std::vector<Shape>{{2, 3}, {1, 1}});
  CHECK(chunk.batches.at(0).examples == std::vector<std::size_t>{1, 2});
  CHECK(chunk.work.elements == 6);
  CHECK(chunk.work.padded_elements == 7);
}

TEST_CASE("predict: lengths of records, and sizes of batches that the model took, are counted") {
  auto model = FakeModel({{"x", false}}, [&](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
    return {{"y", inputs[0]}};
  });
  const auto signature = field_signature({{"x", DType::float32, {kVariableDim}, {}, 0.0}});
  auto decoded =
      Decoder({signature, nullptr, {}, 1000})
          .decode(test::raw_chunk({"{\"x\":[1]}", "{\"x\":[1,2,3]}", "{\"x\":[1,2]}", "{\"x\":\"no\"}"}));
  ChunkPrediction prediction(std::move(decoded), signature, {8, 6});
  RunnerState runner{{8, 6}};
  for (std::size_t batch = 0; batch < prediction.batches(); ++batch) prediction.run(batch, model, runner);
  ChunkAccount expected;
  for (const std::uint64_t length : std::initializer_list<std::uint64_t>{1, 2, 3})
    expected.lengths.add(length);
  for (const std::uint64_t rows : std::initializer_list<std::uint64_t>{1, 2}) expected.batch_rows.add(rows);
  for (const std::uint64_t longest : std::initializer_list<std::uint64_t>{1, 3})
    expected.batch_lengths.add(longest);
  CHECK(prediction.take().account == expected);
}

TEST_CASE("predict: the order in which batches run, and on which thread, changes nothing in the result") {
  auto model = doubling({7, 40});
  const auto signature = scalar_signature();
  const auto in_order = predict(numbers(64, {3}), model, signature, {5, 1000});
  ChunkPrediction prediction(numbers(64, {3}), signature, {5, 1000});
  {
    std::vector<std::jthread> threads;
    for (std::size_t batch = prediction.batches(); batch-- > 0;) {
      threads.emplace_back([&, batch] {
        RunnerState runner{{5, 1000}};
        prediction.run(batch, model, runner);
      });
    }
  }
  const auto chunk = prediction.take().chunk;
  CHECK(results(chunk) == results(in_order));
  CHECK(chunk.work.batches == in_order.work.batches);
  CHECK(chunk.work.elements == in_order.work.elements);
  CHECK(chunk.work.padded_elements == in_order.work.padded_elements);
  REQUIRE(chunk.batches.size() == in_order.batches.size());
  for (std::size_t batch = 0; batch < chunk.batches.size(); ++batch)
    CHECK(chunk.batches[batch].examples == in_order.batches[batch].examples);
}

TEST_CASE("predict: fewer records than the model needs are given several times, and each has one row") {
  std::vector<std::int64_t> rows;
  FakeModel model({{"x", false}}, [&](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
    rows.push_back(inputs[0].shape[0]);
    if (rows.back() < 2) throw ModelError("at least two");
    return {{"y", test::tensor_of<float>(DType::float32, inputs[0].shape, floats_of(inputs[0]))}};
  });
  auto signature = scalar_signature();
  signature.min_batch = 2;
  const auto chunk = predict(numbers(3), model, signature, {2, 1000});
  CHECK(rows == std::vector<std::int64_t>{2, 2});
  REQUIRE(chunk.batches.size() == 2);
  CHECK(chunk.batches[1].examples == std::vector<std::size_t>{2});
  CHECK(floats_of(chunk.batches[1].outputs[0].value).front() == 2.0F);
}

TEST_CASE("predict: a record that is refused alone is tried twice, and keeps the reason of that") {
  FakeModel model({{"x", false}}, [](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
    const auto values = floats_of(inputs[0]);
    for (const auto value : values) {
      if (value == 1.0F) throw ModelError("guilty");
    }
    if (values.size() < 2) throw WrongRows("no row");
    return {{"y", test::tensor_of<float>(DType::float32, inputs[0].shape, values)}};
  });
  const auto chunk = predict(numbers(4), model, scalar_signature());
  CHECK(chunk.table.rows[1].error->message == "guilty");
  for (const auto row : {0, 2, 3})
    CHECK_FALSE(chunk.table.rows[static_cast<std::size_t>(row)].error.has_value());
}

TEST_CASE("predict: in batches of rounded shapes each record has its own row, and each shape counts once") {
  std::set<Shape> shapes;
  FakeModel model({{"x", false}}, [&shapes](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
    shapes.insert(inputs[0].shape);
    const auto values = floats_of(inputs[0]);
    const auto rows = static_cast<std::size_t>(inputs[0].shape[0]);
    std::vector<float> sums(rows);
    for (std::size_t i = 0; i < values.size(); ++i) sums[i * rows / values.size()] += values[i];
    return {{"y", test::tensor_of<float>(DType::float32, {inputs[0].shape[0]}, sums)}};
  });
  std::vector<std::string> lines;
  std::vector<float> expected;
  std::mt19937 random(4);
  for (int i = 0; i < 300; ++i) {
    std::string values = std::to_string(i);
    for (auto more = random() % 40; more > 0; --more) values += ",0";
    lines.push_back("{\"x\":[" + values + "]}");
    expected.push_back(static_cast<float>(i));
  }
  BatchLimits limits{64, 512, 16};
  limits.rounding = {true, 64};
  const auto decoded =
      Decoder({list_signature(), nullptr, {}, 100'000})
          .decode(test::raw_chunk(std::vector<std::string_view>(lines.begin(), lines.end())));
  const auto chunk = predict_chunk(decoded, model, list_signature(), limits);
  const auto found = results(chunk, /*more_rows=*/true);
  for (std::size_t row = 0; row < expected.size(); ++row) CHECK(found[row] == expected[row]);
  CHECK(chunk.work.shapes == shapes.size());
  CHECK(shapes.size() <= 12);
  CHECK(chunk.batches.size() > shapes.size());
  for (const auto& shape : shapes) {
    CHECK(shape[1] % 8 == 0);
    CHECK(shape[0] * shape[1] <= 512);
  }
}
