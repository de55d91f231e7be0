#include "comm/make_gather.hpp"

#include "comm/agreement.hpp"
#include "comm/mpi_gather.hpp"
#include "comm/nccl/nccl_open.hpp"

namespace infer {

std::unique_ptr<Gather> make_gather(Channel& channel, GatherKind kind, bool every_rank_has_own_gpu,
                                    int device, Seconds deadline) {
  if (kind == GatherKind::automatic) {
    const bool use_nccl = nccl_built() && every_rank_has_own_gpu && channel.size() > 1;
    kind = use_nccl ? GatherKind::nccl : GatherKind::mpi;
  }
  if (kind == GatherKind::mpi) return std::make_unique<MpiGather>(channel, deadline);
  if (!every_rank_has_own_gpu) {
    throw AgreedError(
        ExitCode::usage,
        "cannot use --gather nccl: it needs a CUDA device of its own for every rank; use --gather "
        "auto or mpi, or start one rank per GPU with --device cuda");
  }
  return open_nccl_gather(channel, device, deadline);
}

}  // namespace infer
