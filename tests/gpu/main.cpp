#include <cstdlib>

#include "comm/nccl/nccl_api.hpp"
#include "mpi_test.hpp"

namespace {

/// Empty when there is a GPU to test on.
std::string missing_device() {
  try {
    const infer::CudaApi cuda = infer::load_cuda();
    int devices = 0;
    const auto code = cuda.get_device_count(&devices);
    if (code == cudaSuccess && devices > 0) return "";
    return std::string("no CUDA device (") + cuda.get_error_string(code) + ")";
  } catch (const infer::Error& error) {
    return std::string("no CUDA device (") + error.what() + ")";
  }
}

/// Empty when NCCL lets ranks share a GPU, or NCCL_MULTI_RANK_GPU_ENABLE does not ask for it. Before 2.30 the
/// variable is unknown, and NCCL ends with "Duplicate GPU detected" (seen with 2.28.9).
std::string missing_sharing() {
  if (std::getenv("NCCL_MULTI_RANK_GPU_ENABLE") == nullptr) return "";
  int version = 0;
  infer::load_nccl().get_version(&version);
  if (version >= NCCL_VERSION(2, 30, 0)) return "";
  return "NCCL " + infer::nccl_version_text(version) +
         " refuses two ranks on one GPU; 2.30 or newer does not";
}

std::string missing() {
  const auto reason = missing_device();
  return reason.empty() ? missing_sharing() : reason;
}

}  // namespace

int main(int argc, char** argv) { return infer::run_mpi_tests(argc, argv, missing); }
