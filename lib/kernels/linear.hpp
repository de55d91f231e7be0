// Linear layers on oneDNN, where MKL, which LibTorch takes, has but generic kernels: of TorchScript models,
// and of compiled packages whose weights are not packed, which find ours by the names of LibTorch's C
// functions. Of those also layers that were made a batch of products by one weight, in any type and anywhere.
#pragma once

namespace infer::detail {

/// From now on TorchScript's linear layers in float32 use oneDNN on processors that are not Intel's.
/// INFER_LINEAR=libtorch in the environment switches it off.
/// Idempotent, thread-safe.
void use_fast_linear();

}  // namespace infer::detail
