// What the frozen graph of a TorchScript model shows of how it behaves: state, chance, training mode.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include "model/model.hpp"

namespace infer::detail {

/// State errs on the side of "may keep some". Chance is complete for the operators that LibTorch itself calls
/// random; what custom operators do cannot be seen.
ModelBehaviour behaviour_of(const torch::jit::Module& frozen);

/// To be called before anything of a frozen module fails. Freezing removes functions to which the stacks of
/// inlined nodes still point, and LibTorch reads those to describe a failure: it may crash then. The stacks
/// become short ones.
void drop_inlined_stacks(const torch::jit::Module& frozen);

/// Whether a forward may write into a tensor, as relu_ does, or hides behind a call.
bool may_write(const torch::jit::Module& frozen);

}  // namespace infer::detail
