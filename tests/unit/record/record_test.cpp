#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>

#include "base/error.hpp"
#include "record/encoded_chunk.hpp"
#include "record/record_error.hpp"
#include "record/tensor.hpp"

using namespace infer;

namespace {

EncodedChunk sample_chunk(std::uint64_t id) {
  EncodedChunk chunk;
  chunk.range = {id, 3, 1000, std::uint64_t{5} << 40U};
  chunk.lines = 12;
  chunk.before = Counts{7, id};
  chunk.rows = 10;
  chunk.failed = 2;
  chunk.work = {1, 2, 3, 4, 5, 6, 7, 8};
  chunk.output = {std::string("{\"a\":1}\n\0\xFF", 10), {{3, 0}, {10, 11}}};
  chunk.errors = {"{}\n", {{1, 9}}};
  chunk.first_failure = {"data.jsonl:: broken", {{11, 4}}};
  return chunk;
}

void check_same(const StampedText& a, const StampedText& b) {
  CHECK(a.text == b.text);
  REQUIRE(a.stamps.size() == b.stamps.size());
  for (std::size_t i = 0; i < a.stamps.size(); ++i) {
    CHECK(a.stamps[i].position == b.stamps[i].position);
    CHECK(a.stamps[i].number == b.stamps[i].number);
    CHECK(a.stamps[i].counter == b.stamps[i].counter);
  }
}

void check_same(const EncodedChunk& a, const EncodedChunk& b) {
  CHECK(a.range.id == b.range.id);
  CHECK(a.range.file == b.range.file);
  CHECK(a.range.begin == b.range.begin);
  CHECK(a.range.end == b.range.end);
  CHECK(a.lines == b.lines);
  CHECK(a.before == b.before);
  CHECK(a.rows == b.rows);
  CHECK(a.failed == b.failed);
  CHECK(a.work.model_ns == b.work.model_ns);
  CHECK(a.work.padded_elements == b.work.padded_elements);
  check_same(a.output, b.output);
  check_same(a.errors, b.errors);
  check_same(a.first_failure, b.first_failure);
}

}  // namespace

TEST_CASE("record: a chunk survives its message") {
  const auto bytes = serialize_chunk(sample_chunk(4));
  ByteReader message(bytes);
  check_same(deserialize_chunk(message), sample_chunk(4));
  CHECK(message.at_end());
}

TEST_CASE("record: several chunks follow each other in one message, an empty one between them") {
  ByteWriter all;
  all.raw(serialize_chunk(sample_chunk(1)));
  all.raw(serialize_chunk(EncodedChunk{}));
  all.raw(serialize_chunk(sample_chunk(2)));
  const auto bytes = std::move(all).take();
  ByteReader message(bytes);
  check_same(deserialize_chunk(message), sample_chunk(1));
  check_same(deserialize_chunk(message), EncodedChunk{});
  check_same(deserialize_chunk(message), sample_chunk(2));
  CHECK(message.at_end());
}

TEST_CASE("record: a chunk's message cut short anywhere is an internal error") {
  const auto whole = serialize_chunk(sample_chunk(1));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ByteReader message(ByteView(whole).first(size));
    CHECK_THROWS_AS(deserialize_chunk(message), InternalError);
  }
}

TEST_CASE("record: work adds up field by field") {
  ChunkWork sum{1, 2, 3, 4, 5, 6, 7, 8};
  sum += ChunkWork{10, 20, 30, 40, 50, 60, 70, 80};
  CHECK(sum.read_ns == 11);
  CHECK(sum.decode_ns == 22);
  CHECK(sum.model_ns == 33);
  CHECK(sum.encode_ns == 44);
  CHECK(sum.input_bytes == 55);
  CHECK(sum.batches == 66);
  CHECK(sum.elements == 77);
  CHECK(sum.padded_elements == 88);
}

TEST_CASE("record: every dtype is found by PyTorch's name and by its short one") {
  const std::vector<std::tuple<DType, std::string, std::string, std::size_t>> all{
      {DType::float32, "float32", "f32", 4}, {DType::float64, "float64", "f64", 8},
      {DType::float16, "float16", "f16", 2}, {DType::bfloat16, "bfloat16", "bf16", 2},
      {DType::int64, "int64", "i64", 8},     {DType::int32, "int32", "i32", 4},
      {DType::int16, "int16", "i16", 2},     {DType::int8, "int8", "i8", 1},
      {DType::uint8, "uint8", "u8", 1},      {DType::boolean, "bool", "boolean", 1}};
  for (const auto& [dtype, name, short_name, size] : all) {
    CHECK(dtype_name(dtype) == name);
    CHECK(dtype_from_name(name) == dtype);
    CHECK(dtype_from_name(short_name) == dtype);
    CHECK(dtype_size(dtype) == size);
    CHECK(is_floating(dtype) == (name.find("float") != std::string::npos));
  }
  for (const auto* unknown : {"", "float", "Float32", "complex64", "float32 "})
    CHECK_FALSE(dtype_from_name(unknown));
}

TEST_CASE("record: half precision waits on the host as float32, all else as itself") {
  CHECK(storage_dtype(DType::float16) == DType::float32);
  CHECK(storage_dtype(DType::bfloat16) == DType::float32);
  CHECK(storage_dtype(DType::float64) == DType::float64);
  CHECK(storage_dtype(DType::boolean) == DType::boolean);
}

TEST_CASE("record: shapes print and count") {
  CHECK(shape_text(Shape{}) == "[]");
  CHECK(shape_text(Shape{5}) == "[5]");
  CHECK(shape_text(Shape{3, kVariableDim, 224}) == "[3,*,224]");
  CHECK(element_count(Shape{}) == 1);
  CHECK(element_count(Shape{3, 4}) == 12);
  CHECK(element_count(Shape{3, 0, 4}) == 0);
  CHECK(TensorSpec{"x", DType::float32, {2, kVariableDim}, {}, {}}.has_variable_dims());
  CHECK_FALSE(TensorSpec{"x", DType::float32, {}, {}, {}}.has_variable_dims());
}

TEST_CASE("record: tensor memory lies on 64 bytes, also when it is empty") {
  for (const std::size_t bytes : {0U, 1U, 63U, 64U, 1000U}) {
    const auto memory = allocate_tensor_bytes(bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(memory.get()) % 64 == 0);
  }
}

TEST_CASE("record: error codes have the names of the output") {
  CHECK(error_code_name(RecordErrorCode::invalid_json) == "invalid_json");
  CHECK(error_code_name(RecordErrorCode::missing_field) == "missing_field");
  CHECK(error_code_name(RecordErrorCode::wrong_type) == "wrong_type");
  CHECK(error_code_name(RecordErrorCode::wrong_shape) == "wrong_shape");
  CHECK(error_code_name(RecordErrorCode::out_of_range) == "out_of_range");
  CHECK(error_code_name(RecordErrorCode::too_long) == "too_long");
  CHECK(error_code_name(RecordErrorCode::model_error) == "model_error");
  CHECK(error_code_name(RecordErrorCode::non_finite) == "non_finite");
}

TEST_CASE("record: of two limits that memory sets the tighter one counts, and none is no limit") {
  ChunkWork sum;
  for (const auto limit : std::vector<std::uint64_t>{0, 64, 0, 16, 32}) {
    ChunkWork work;
    work.halved = 1;
    work.alone = 2;
    work.fitting_rows = limit;
    sum += work;
  }
  CHECK(sum.halved == 5);
  CHECK(sum.alone == 10);
  CHECK(sum.fitting_rows == 16);
  CHECK(sum.fitting_elements == 0);
}

TEST_CASE("tensor: a shape may have 2^32 values and no more, whatever its dimensions multiply to") {
  CHECK(is_possible(Shape{}));
  CHECK(is_possible(Shape{kVariableDim, 1000}));
  CHECK(is_possible(Shape{std::int64_t{1} << 32}));
  CHECK_FALSE(is_possible(Shape{(std::int64_t{1} << 32) + 1}));
  CHECK_FALSE(is_possible(Shape{std::int64_t{1} << 62, 4}));
  CHECK_FALSE(is_possible(Shape{std::int64_t{1} << 32, kVariableDim, std::int64_t{1} << 32}));
}

TEST_CASE(
    "tensor: a type holds whole numbers in its range, and any number that is no larger than its largest") {
  CHECK(holds(DType::int8, -128));
  CHECK_FALSE(holds(DType::int8, 128));
  CHECK_FALSE(holds(DType::int8, 0.5));
  CHECK(holds(DType::uint8, 255));
  CHECK_FALSE(holds(DType::uint8, -1));
  CHECK(holds(DType::int64, -9223372036854775808.0));
  CHECK_FALSE(holds(DType::int64, 9223372036854775808.0));
  CHECK_FALSE(holds(DType::int32, std::numeric_limits<double>::quiet_NaN()));
  CHECK(holds(DType::boolean, 1));
  CHECK_FALSE(holds(DType::boolean, 2));
  CHECK(holds(DType::float16, 65504));
  CHECK_FALSE(holds(DType::float16, 65505));
  CHECK_FALSE(holds(DType::float32, 1e39));
  CHECK(holds(DType::float32, std::numeric_limits<double>::infinity()));
  CHECK(holds(DType::float64, 1e308));
}
