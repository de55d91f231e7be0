#include "model_group/stage_message.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "model/model.hpp"
#include "model_group/group.hpp"

namespace infer {
namespace {

HostTensor bytes_as(DType dtype, Shape shape, std::size_t size) {
  const auto place = allocate_tensor_bytes(size);
  auto* const values = place.get();
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<std::byte>(i * 7 + 1);
  return {dtype, std::move(shape), place, {place.get(), size}};
}

void check_equal(const NamedTensor& got, const NamedTensor& expected) {
  CHECK(got.name == expected.name);
  CHECK(got.value.dtype == expected.value.dtype);
  CHECK(got.value.shape == expected.value.shape);
  CHECK(std::ranges::equal(got.value.bytes, expected.value.bytes));
}

const std::vector<NamedTensor> kTensors{{"carried0", bytes_as(DType::bfloat16, {2, 3, 5}, 60)},
                                        {"input_ids", bytes_as(DType::int64, {2, 0}, 0)},
                                        {"scalar", bytes_as(DType::float32, {}, 4)}};

}  // namespace

TEST_CASE("stage message: a batch arrives as it was sent") {
  const StageBatch sent{StageAsk::digest, 7, 11, 13, 17, 19, 23, kTensors};
  const auto message = serialize(sent);
  CHECK(deserialize_ask(message) == StageAsk::digest);
  const auto got = deserialize_stage_batch(message);
  CHECK(got.ticket == 7);
  CHECK(got.chunk == 11);
  CHECK(got.rows == 13);
  CHECK(got.seed == std::optional<std::uint64_t>(17));
  CHECK(got.digest == 19);
  CHECK(got.busy_ns == 23);
  REQUIRE(got.values.size() == kTensors.size());
  for (std::size_t i = 0; i < kTensors.size(); ++i) check_equal(got.values[i], kTensors[i]);
}

TEST_CASE("stage message: values start where vector code wants them") {
  const auto got = deserialize_stage_batch(serialize(StageBatch{StageAsk::run, 0, 0, 0, {}, 0, 0, kTensors}));
  for (const auto& tensor : got.values)
    CHECK(reinterpret_cast<std::uintptr_t>(tensor.value.bytes.data()) % 64 == 0);
}

TEST_CASE("stage message: an answer arrives as it was sent, and one that is cut off is no answer") {
  const auto message = serialize(StageAnswer{3, StageOutcome::wrong_rows, "why", 5, 7, kTensors});
  const auto got = deserialize_stage_answer(message);
  CHECK(got.ticket == 3);
  CHECK(got.outcome == StageOutcome::wrong_rows);
  CHECK(got.reason == "why");
  CHECK(got.digest == 5);
  CHECK(got.busy_ns == 7);
  REQUIRE(got.outputs.size() == kTensors.size());
  check_equal(got.outputs[0], kTensors[0]);
  for (std::size_t size = 0; size < message.size(); ++size)
    CHECK_THROWS_AS(deserialize_stage_answer(ByteView(message).first(size)), InternalError);
}

TEST_CASE("stage message: what no message holds is as if there were no memory, on the way and back") {
  auto large = kTensors;
  large[0].value.bytes = {large[0].value.bytes.data(), std::size_t{1} << 31U};  // looked at by its size alone
  CHECK_THROWS_AS(serialize(StageBatch{StageAsk::run, 0, 0, 0, {}, 0, 0, large}), OutOfMemory);
  CHECK_THROWS_AS(serialize(StageAnswer{0, StageOutcome::done, {}, 0, 0, large}), OutOfMemory);
}

TEST_CASE("group: neighbours are one, the first of which is a multiple of its size") {
  CHECK(ModelGroup{1, 5}.is_alone());
  const ModelGroup middle{3, 7};
  CHECK(middle.first() == 6);
  CHECK(middle.place() == 1);
  CHECK_FALSE(middle.is_first());
  CHECK_FALSE(middle.is_last());
  CHECK(middle.own_stages(4) == StageSpan{2, 3});
  CHECK(ModelGroup{3, 8}.is_last());
  CHECK(ModelGroup{3, 9}.is_first());
}

}  // namespace infer
