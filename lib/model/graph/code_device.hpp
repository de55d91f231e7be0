// The devices that the code of a TorchScript model names.
#pragma once

#include <torch/csrc/jit/api/module.h>

namespace infer::detail {

/// Makes `device` of all of them, and of those left to the default. Tracing writes down where it ran: a model
/// traced on a CPU makes its masks and positions there, whatever device it was loaded to, and one traced on
/// cuda:0 in cuda:0. Before the first forward.
void move_code(const torch::jit::Module& module, c10::Device device);

}  // namespace infer::detail
