// Lets AOTInductor packages load without LibTorch's CUDA libraries.
#pragma once

namespace infer::detail {

/// Packages need libtorch.so, which has no code of its own but pulls in every CUDA library: 0.1 s and 370 MB
/// of resident memory per process for nothing on a CPU. Loads an empty library under that name instead; what
/// the packages call is in libtorch_cpu.so. Where that fails, the real one is loaded later: slower, not
/// wrong.
void load_torch_stand_in() noexcept;

}  // namespace infer::detail
