#include "comm/nccl/nccl_open.hpp"

#include <cstdlib>
#include <string>

#include "comm/agreement.hpp"
#include "comm/nccl/nccl_gather.hpp"

namespace infer {
namespace {

/// All that one rank can find missing by itself, before it makes the others wait.
void prepare(int device, NcclApi& nccl, CudaApi& cuda) {
  // NCCL lets this variable win over the program: every call could then block without a deadline.
  if (const char* blocking = std::getenv("NCCL_COMM_BLOCKING");
      blocking != nullptr && std::string(blocking) != "0") {
    throw UsageError("cannot gather over NCCL with NCCL_COMM_BLOCKING=" + std::string(blocking) +
                     " in the environment: a lost rank would block the others for ever; unset it");
  }
  cuda = load_cuda();
  nccl = load_nccl();
  if (const auto code = cuda.set_device(device); code != cudaSuccess) {
    throw UsageError("cannot use CUDA device " + std::to_string(device) +
                     " to gather over NCCL: " + cuda.get_error_string(code) +
                     "; check the driver and CUDA_VISIBLE_DEVICES, or use --gather mpi");
  }
}

}  // namespace

bool nccl_built() { return true; }

std::unique_ptr<Gather> open_nccl_gather(Channel& channel, int device, Seconds limit) {
  NcclApi nccl;
  CudaApi cuda;
  agree(channel, Deadline(limit), [&] { prepare(device, nccl, cuda); });
  const auto share = [&](const std::string& text) { return broadcast(channel, text, Deadline(limit)); };
  const auto meet = [&channel](const Deadline& deadline) { collect(channel, "", deadline); };
  const NcclPeers peers{channel.rank(), channel.size(), share, meet};
  return std::make_unique<NcclGather>(nccl, cuda, peers, device, NcclLimits{limit});
}

}  // namespace infer
