// Batches that the memory is too small for.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "unit/model/fake_model.hpp"
#include "unit/record/tensors.hpp"
#include "unit/worker/predicting.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

/// Twice its input; needs memory for rows × length elements and has it for `room`.
FakeModel doubling_in(std::uint64_t room) {
  return {{{"x", false}}, [room](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
            auto values = floats_of(inputs[0]);
            if (values.size() > room) throw OutOfMemory("cannot allocate 1 EiB");
            for (auto& value : values) value *= 2;
            return {{"y", test::tensor_of<float>(DType::float32, inputs[0].shape, values)}};
          }};
}

/// One record per length, of so many ones.
DecodedChunk lists(const std::vector<int>& lengths) {
  std::vector<std::string> lines;
  for (const auto length : lengths) {
    std::string values;
    for (int i = 0; i < length; ++i) values += i == 0 ? "1" : ",1";
    lines.push_back("{\"x\":[" + values + "]}");
  }
  return Decoder({list_signature(), nullptr, {}, 100'000})
      .decode(test::raw_chunk(std::vector<std::string_view>(lines.begin(), lines.end())));
}

std::size_t largest_batch(const PredictedChunk& chunk) {
  std::size_t most = 0;
  for (const auto& batch : chunk.batches) most = std::max(most, batch.outputs.at(0).value.bytes.size() / 4);
  return most;
}

}  // namespace

TEST_CASE("predict: batches too large for the memory are halved until they fit, and every record is scored") {
  auto model = doubling_in(5);
  BatchLimits limits{32, 1000};
  const auto chunk = predict_chunk(numbers(50), model, scalar_signature(), limits);
  const auto found = results(chunk);
  for (int i = 0; i < 50; ++i) CHECK(found[static_cast<std::size_t>(i)] == 2.0F * static_cast<float>(i));
  CHECK(limits == BatchLimits{4, 1000});
  CHECK(chunk.work.halved == 3);
  CHECK(chunk.work.batches == 13);
  CHECK(chunk.work.fitting_rows == 4);
  CHECK(chunk.work.fitting_elements == 0);
}

TEST_CASE("predict: later chunks are cut to what fitted, without trying again") {
  auto model = doubling_in(5);
  BatchLimits limits{32, 1000};
  predict_chunk(numbers(50), model, scalar_signature(), limits);
  model.runs = 0;
  const auto chunk = predict_chunk(numbers(32), model, scalar_signature(), limits);
  CHECK(model.runs == 8);
  CHECK(chunk.work.halved == 0);
  CHECK(chunk.work.fitting_rows == 0);
}

TEST_CASE("predict: where lengths vary, it is the elements of a batch that are halved") {
  auto model = doubling_in(100);
  BatchLimits limits{256, 1000};
  const auto chunk = predict_chunk(lists(std::vector<int>(60, 10)), model, list_signature(), limits);
  CHECK(std::ranges::none_of(chunk.table.rows, [](const Row& row) { return row.error.has_value(); }));
  CHECK(limits == BatchLimits{256, 75});
  CHECK(largest_batch(chunk) == 70);
  CHECK(chunk.work.halved == 3);
  CHECK(chunk.work.fitting_elements == 75);
}

TEST_CASE("predict: a record that fits not even alone costs itself and leaves the limits as they were") {
  auto model = doubling_in(100);
  BatchLimits limits{256, 1000};
  auto lengths = std::vector<int>(8, 5);
  lengths[3] = 101;
  const auto chunk = predict_chunk(lists(lengths), model, list_signature(), limits);
  for (std::size_t row = 0; row < lengths.size(); ++row)
    CHECK(chunk.table.rows[row].error.has_value() == (row == 3));
  CHECK(chunk.table.rows[3].error->code == RecordErrorCode::out_of_memory);
  CHECK_THAT(chunk.table.rows[3].error->message,
             Contains("this record alone") && Contains("cannot allocate 1 EiB") && Contains("more memory"));
  CHECK(limits == BatchLimits{256, 1000});
  CHECK(chunk.work.fitting_elements == 0);
}

TEST_CASE("predict: a record for which others left no memory is scored alone, and leaves the limits") {
  FakeModel model({{"x", false}}, [&model](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
    if (std::ranges::count(floats_of(inputs[0]), 7.0F) > 0 && model.runs_alone == 0)
      throw OutOfMemory("cannot allocate 1 GiB");
    return {{"y", inputs[0]}};
  });
  BatchLimits limits{4, 1000};
  const auto chunk = predict_chunk(numbers(12), model, scalar_signature(), limits);
  for (std::size_t i = 0; i < 12; ++i) CHECK(results(chunk)[i] == static_cast<float>(i));
  CHECK(model.runs_alone == 1);
  CHECK(chunk.work.alone == 1);
  CHECK(limits == BatchLimits{4, 1000});
}

TEST_CASE("predict: a failed allocation of our own counts as too little memory") {
  FakeModel model({{"x", false}}, [](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
    if (inputs[0].shape[0] > 2) throw std::bad_alloc();
    return {{"y", inputs[0]}};
  });
  BatchLimits limits{8, 1000};
  const auto chunk = predict_chunk(numbers(8), model, scalar_signature(), limits);
  CHECK(results(chunk)[7] == 7.0F);
  CHECK(limits.max_rows == 2);
}

TEST_CASE("predict: any mix of room and lengths ends, and costs the records that are too long only") {
  std::mt19937 random(23);
  for (int round = 0; round < 60; ++round) {
    std::vector<int> lengths(1 + random() % 80);
    for (auto& length : lengths) length = static_cast<int>(random() % 40);
    const auto room = 1 + random() % 60;
    auto model = doubling_in(room);
    BatchLimits limits{1 + random() % 100, 1 + random() % 2000};
    const auto chunk = predict_chunk(lists(lengths), model, list_signature(), limits);
    std::size_t scored = 0;
    for (const auto& batch : chunk.batches) scored += batch.examples.size();
    const auto too_long =
        std::ranges::count_if(lengths, [&](int length) { return std::size_t(length) > room; });
    CHECK(scored + static_cast<std::size_t>(too_long) == lengths.size());
    for (std::size_t row = 0; row < lengths.size(); ++row)
      CHECK(chunk.table.rows[row].error.has_value() == (std::size_t(lengths[row]) > room));
  }
}
