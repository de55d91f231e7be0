#include "model/graph/index_ranges.hpp"

#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/csrc/jit/frontend/resolver.h>

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ops/zeros.h>

using namespace infer;

namespace {

/// Of the inputs a and b of a module with tables of 10 and of 4 rows, with such a forward.
std::vector<ModelArgument> ranges(const std::string& body) {
  torch::jit::Module module("net");
  module.register_attribute("ten", c10::TensorType::get(), at::zeros({10, 3}));
  module.register_attribute("four", c10::TensorType::get(), at::zeros({4, 3}));
  module.define("def forward(self, a: Tensor, b: Tensor):\n" + body);
  module.eval();
  std::vector<ModelArgument> arguments{{"a", false, {}, 0}, {"b", false, {}, 1}};
  infer::detail::find_index_ranges(torch::jit::freeze(module), arguments);
  return arguments;
}

std::int64_t highest(const ModelArgument& argument) {
  REQUIRE(argument.range);
  CHECK(argument.range->low == 0);
  return argument.range->high;
}

}  // namespace

TEST_CASE("index ranges: what goes into an embedding has as many values as its table rows") {
  const auto found = ranges("  return torch.embedding(self.ten, b).sum(1) + a\n");
  CHECK(highest(found[1]) == 9);
  CHECK_FALSE(found[0].range);
}

TEST_CASE("index ranges: also in another shape or type; of two tables the smaller one counts") {
  const auto found = ranges(
      "  x = torch.embedding(self.ten, a.to(4).view([-1]).unsqueeze(0))\n"
      "  return torch.embedding(self.ten, b) + torch.embedding(self.four, b.contiguous()) + x\n");
  CHECK(highest(found[0]) == 9);
  CHECK(highest(found[1]) == 3);
}

TEST_CASE("index ranges: none for values that are changed before, chosen from, or looked up only at times") {
  for (const auto* body : {"  return torch.embedding(self.ten, a.clamp(0, 9)) + b\n",
                           "  return torch.embedding(self.ten, a[:, 1:]) + b\n",
                           "  if b.size(0) > 1:\n    a = torch.embedding(self.ten, a)\n  return a + b\n",
                           "  return torch.embedding(b, a)\n"})
    CHECK_FALSE(ranges(body)[0].range);
}
