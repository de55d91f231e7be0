// Chooses between the implementations of Gather.
#pragma once

#include <memory>

#include "comm/channel.hpp"
#include "comm/gather.hpp"
#include "config/choices.hpp"

namespace infer {

/// Collective; not inside agree(): a rank's own failure to join NCCL must end the job at once, not after the
/// others' deadline. `kind` and `every_rank_has_own_gpu` must be the same on all ranks. Automatic is NCCL
/// when there are several ranks, each with a GPU of its own. `device` is the CUDA device number of this rank,
/// not used for MPI. `channel` must outlive the result.
std::unique_ptr<Gather> make_gather(Channel& channel, GatherKind kind, bool every_rank_has_own_gpu,
                                    int device, Seconds deadline);

}  // namespace infer
