// Opens the model file on every rank, from where --model says or, with --broadcast-model, from what rank 0
// read of it.
#pragma once

#include <memory>

#include "comm/world.hpp"
#include "config/config.hpp"
#include "model_file/model_file.hpp"

namespace infer {

/// Collective. With --broadcast-model each other host has a copy in its TMPDIR, which has no name any
/// more when this returns. What is wrong with a file is thrown as ModelFile does, by who asks it; what keeps
/// a copy from being made, by this.
std::shared_ptr<const ModelFile> open_model(World& world, const RunConfig& config);

}  // namespace infer
