// The door to NCCL that needs no NCCL header; a build without CUDA puts a stub behind it.
#pragma once

#include <memory>

#include "comm/channel.hpp"
#include "comm/gather.hpp"

namespace infer {

/// Whether this build has the NCCL code. The libraries themselves are loaded by open_nccl_gather() only.
bool nccl_built();

/// Collective; not inside agree(). Loads CUDA and NCCL, makes `device` the calling thread's current device
/// and joins all ranks. `limit` holds for each gather(). Throws AgreedError where a rank lacks the libraries
/// or the device, RunError when the ranks do not find each other.
std::unique_ptr<Gather> open_nccl_gather(Channel& channel, int device, Seconds limit);

}  // namespace infer
