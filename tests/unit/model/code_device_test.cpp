#include "model/graph/code_device.hpp"

#include <ATen/ops/ones.h>

#include <catch2/catch.hpp>
#include <string>

namespace {

const c10::Device kCpu(c10::kCPU);
const c10::Device kElsewhere(c10::kMeta);  // the device of tensors without values: there is one everywhere

/// Where the result of a module with such a forward lies, whose code was moved to `device`.
c10::Device result_device(const std::string& body, c10::Device device) {
  torch::jit::Module part("part");
  part.define("def forward(self, n: int):\n  return torch.zeros(n, device=torch.device('cuda', 3))\n");
  torch::jit::Module module("net");
  module.register_module("part", part);
  module.register_attribute("where", c10::DeviceObjType::get(), c10::Device(c10::kCUDA, 1));
  module.define("def forward(self, x: Tensor):\n  n = x.size(0)\n" + body);
  module.eval();
  infer::detail::move_code(module, device);
  return torch::jit::freeze(module).forward({at::ones({4}, device)}).toTensor().device();
}

}  // namespace

TEST_CASE("code's devices: those that are named become the model's, however they are") {
  for (const auto* body :
       {"  return torch.arange(n, device=torch.device('cuda:0')) + x\n",
        "  return torch.zeros(n, device='cuda:1') + x\n", "  return x.to(torch.device('cuda')) + 1\n",
        "  return torch.full([n], 2.0, device=self.where) + x\n", "  return self.part.forward(n) + x\n",
        "  if n > 2:\n    x = x + torch.ones(n, device=torch.device('cuda:0'))\n  return x\n"})
    CHECK(result_device(body, kCpu) == kCpu);
}

TEST_CASE("code's devices: what names none is made on the model's") {
  for (const auto* body : {"  return torch.arange(n) + x\n", "  return torch.zeros([n])\n",
                           "  return torch.tensor([1.5, 2.5])\n",
                           "  for i in range(2):\n    x = x + torch.ones([n])\n  return x\n"})
    CHECK(result_device(body, kElsewhere) == kElsewhere);
}

TEST_CASE("code's devices: what is made like another tensor stays where that is") {
  CHECK(result_device("  return torch.zeros_like(x)\n", kElsewhere) == kElsewhere);
  CHECK(result_device("  return x.to(7)\n", kElsewhere) == kElsewhere);
  CHECK(result_device("  return x.new_zeros([n])\n", kElsewhere) == kElsewhere);
}
