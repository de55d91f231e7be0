#include <catch2/catch.hpp>

#include "peek/rows/npy_head.hpp"

using namespace infer;
using namespace std::string_literals;

TEST_CASE("npy: what NumPy writes is read") {
  const auto head =
      "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1200, 384), }"s;
  CHECK(npy_head_bytes(head) == 128);
  const auto read = read_npy_head(head);
  REQUIRE(read.head);
  CHECK(read.head->dtype == "float32");
  CHECK(read.head->value_bytes == 4);
  CHECK(read.head->rows == 1200);
  CHECK(read.head->width == 384);
}

TEST_CASE("npy: one dimension is rows of one value; later versions have longer headers") {
  const auto one = read_npy_head("{'descr': '<f8', 'fortran_order': False, 'shape': (5,), }");
  REQUIRE(one.head);
  CHECK(one.head->rows == 5);
  CHECK(one.head->width == 1);
  CHECK(npy_head_bytes("\x93NUMPY\x02\x00\x00\x01\x00\x00"s) == 268);
}

TEST_CASE("npy: what is no array of vectors is refused with the reason") {
  CHECK(npy_head_bytes("\x93NUMPX\x01\x00\x76\x00\x00\x00"s) == 0);
  CHECK(npy_head_bytes("\x93NUMPY\x09\x00\x76\x00\x00\x00"s) == 0);
  CHECK(npy_head_bytes("\x93NUMPY") == 0);
  CHECK(read_npy_head("{'descr': '<i8', 'fortran_order': False, 'shape': (5, 2), }")
            .problem.find("no floats") != std::string::npos);
  CHECK_FALSE(read_npy_head("{'descr': '<f4', 'fortran_order': True, 'shape': (5, 2), }").head);
  CHECK_FALSE(read_npy_head("{'descr': '<f4', 'fortran_order': False, 'shape': (5, 2, 3), }").head);
  CHECK_FALSE(read_npy_head("{'descr': '<f4', 'fortran_order': False, 'shape': (5, 0), }").head);
  CHECK_FALSE(read_npy_head("{'descr': '<f4', 'shape': (99999999999999999999999, 2), }").head);
  CHECK_FALSE(read_npy_head("'shape': (2, 2)").head);
  CHECK_FALSE(read_npy_head("").head);
}
