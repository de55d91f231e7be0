// TorchScript modules from their files, and what they say about themselves.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <span>

#include "model/model.hpp"

namespace infer::detail {

// Both throw LoadProblem.

/// Set to evaluation, with all its code on `device`.
torch::jit::Module load_module(const ModelFile& file, c10::Device device);

/// Of a module whose forward can be fed: each argument takes a tensor, or has a default, which it keeps.
ModelInfo module_info(std::uint64_t file_bytes, const torch::jit::Module& module, c10::Device device);

/// Without the module itself.
std::span<const c10::Argument> arguments_of(const torch::jit::Method& forward);
bool takes_tensor(const c10::Argument& argument);

}  // namespace infer::detail
