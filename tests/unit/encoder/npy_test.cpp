#include "encoder/npy.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "unit/encoder/predicted_chunks.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

template <class T>
std::vector<T> values_in(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

EncoderConfig array_of(DType dtype, std::size_t width) {
  auto config = config_of(Task::embedding);
  config.format = &output_format("vectors.npy");
  config.rows.npy_dtype = dtype;
  config.rows.result.width = width;
  config.collect_errors = true;
  return config;
}

}  // namespace

TEST_CASE("npy: a header for other rows is the one that would have been written") {
  CHECK(npy_header_for(npy_header(DType::float32, 5, 384), 23'703) ==
        npy_header(DType::float32, 23'703, 384));
  CHECK(npy_header_for(npy_header(DType::float16, 23'703, 2), 0) == npy_header(DType::float16, 0, 2));
  CHECK(npy_header_for(std::string(128, ' '), 1).empty());
  CHECK(npy_header_for(npy_header(DType::float16, 5, 2).substr(1), 1).empty());
}

TEST_CASE("npy: the header states type and shape, in a fixed size") {
  const auto header = npy_header(DType::float32, 23'703, 384);
  CHECK(header.size() == 128);
  CHECK(header.substr(0, 10) == std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  CHECK(header.substr(10) ==
        "{'descr': '<f4', 'fortran_order': False, 'shape': (23703, 384), }" + std::string(52, ' ') + "\n");
  CHECK(npy_header(DType::float16, UINT64_MAX, 65'536).size() == 128);
  CHECK_THAT(npy_header(DType::float16, 0, 2), Contains("'<f2'"));
}

TEST_CASE("npy: rows are the values, rounded to float16 when asked for") {
  const auto tensor = tensor_of<float>(DType::float32, {2, 2}, {1, 2, 0.1F, -4});
  std::string bytes;
  CHECK(append_npy_row(bytes, tensor, 1, DType::float32));
  CHECK(values_in<float>(bytes) == std::vector<float>{0.1F, -4});
  bytes.clear();
  CHECK(append_npy_row(bytes, tensor, 1, DType::float16));
  CHECK(values_in<std::uint16_t>(bytes) == std::vector<std::uint16_t>{0x2E66, 0xC400});  // IEEE 754 binary16
}

TEST_CASE("npy: NaN, infinity and what float16 cannot hold are told") {
  const auto tensor = tensor_of<float>(DType::float32, {3, 1}, {kNaN, 65'504, 65'520});
  std::string bytes;
  CHECK_FALSE(append_npy_row(bytes, tensor, 0, DType::float32));
  CHECK(append_npy_row(bytes, tensor, 1, DType::float16));
  CHECK_FALSE(append_npy_row(bytes, tensor, 2, DType::float16));
  CHECK(append_npy_row(bytes, tensor, 2, DType::float32));
}

TEST_CASE("encoder: a failed record is a row of NaN in an array, and listed") {
  const auto chunk = ChunkOf(3)
                         .failed(1, {RecordErrorCode::missing_field, "no text"})
                         .batch({1, 0}, {floats("e", {2, 2}, {5, 6, 1, kInfinity})})
                         .done();
  const auto encoded = encode_chunk(chunk, array_of(DType::float32, 2));
  const auto values = values_in<float>(encoded.output.text);
  REQUIRE(values.size() == 6);
  for (const auto i : {0, 1, 2, 3}) CHECK(std::isnan(values[static_cast<std::size_t>(i)]));
  CHECK(values[4] == 5);
  CHECK(values[5] == 6);
  CHECK(encoded.failed == 2);
  CHECK(encoded.output.stamps.empty());
  CHECK_THAT(encoded.errors.text, Contains("\"id\":100") && Contains("non_finite") &&
                                      Contains("\"id\":101") && Contains("missing_field"));
}
