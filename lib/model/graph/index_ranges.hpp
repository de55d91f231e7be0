// Which inputs of a TorchScript model are indices into its tables, and how far those go.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <vector>

#include "model/model.hpp"

namespace infer::detail {

/// Sets `range` of the `arguments` whose values all go into embeddings of `frozen`, unchanged and whatever
/// else the forward does. Outside of it an index ends a GPU's context, and with it the run.
void find_index_ranges(const torch::jit::Module& frozen, std::vector<ModelArgument>& arguments);

}  // namespace infer::detail
