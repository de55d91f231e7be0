#include "model/tensor_convert.hpp"

#include <ATen/ATen.h>

#include <catch2/catch.hpp>

using infer::detail::digest_of_values;

TEST_CASE("digest of values: another value gives another digest, whatever the strides") {
  auto values = at::arange(12, at::kFloat).view({3, 4});
  const auto before = digest_of_values(values);
  const auto transposed = digest_of_values(values.t());
  CHECK(digest_of_values(values.clone()) == before);
  CHECK(digest_of_values(values.t().contiguous()) == transposed);
  values[1][2] = 7;
  CHECK(digest_of_values(values) != before);
  CHECK(digest_of_values(values.t()) != transposed);
}

TEST_CASE("digest of values: what was expanded is read once, and seen to change") {
  auto weight = at::ones({4, 3}, at::kFloat);
  const auto expanded = weight.t().unsqueeze(0).expand({std::int64_t{1} << 46U, 3, 4});  // 3 PiB if copied
  const auto before = digest_of_values(expanded);
  CHECK(digest_of_values(expanded) == before);
  weight[3][2] = 2;
  CHECK(digest_of_values(expanded) != before);
}

TEST_CASE("digest of values: what has none is told by 0, no elements are not an error") {
  CHECK(digest_of_values(at::Tensor()) == 0);
  CHECK_NOTHROW(digest_of_values(at::empty({0, 5}, at::kFloat)));
  CHECK_NOTHROW(digest_of_values(at::empty({5}, at::kFloat).expand({0, 5})));
}
