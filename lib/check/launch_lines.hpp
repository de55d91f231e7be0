// Lines on how the ranks were started: that they are one job, with one set of programs, and given the same.
#pragma once

#include <string>

#include "check/checklist.hpp"
#include "comm/world.hpp"
#include "config/config.hpp"
#include "model_file/model_file.hpp"

namespace infer {

/// What the environment told before MPI started, which adds variables of its own.
struct Launch {
  std::string how;      ///< "mpirun (Open MPI)"; empty: started alone
  std::string problem;  ///< why these processes cannot become one job; empty: they can
};

/// Collective: "launch" and "versions".
void check_launch(World& world, const Launch& launch, const RunConfig& config, Checklist& list);

/// Collective: "model", what the file is, and "flags", whether all ranks were given the same. Returns whether
/// this rank has the model.
bool check_what_ranks_have(Channel& channel, const RunConfig& config, const ModelFile& model,
                           Checklist& list);

}  // namespace infer
