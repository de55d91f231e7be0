#include "comm/agreement.hpp"
#include "comm/nccl/nccl_open.hpp"
#include "comm/versions.hpp"

namespace infer {

bool nccl_built() { return false; }

std::string nccl_version() { return "not built"; }

std::unique_ptr<Gather> open_nccl_gather(Channel&, int, Seconds) {
  throw AgreedError(ExitCode::usage,
                    "cannot gather over NCCL: this program was built without CUDA; use --gather mpi, or "
                    "build it with a CUDA "
                    "wheel of torch");
}

}  // namespace infer
