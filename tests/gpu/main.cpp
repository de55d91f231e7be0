#include "comm/nccl_api.hpp"
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

}  // namespace

int main(int argc, char** argv) { return infer::run_mpi_tests(argc, argv, missing_device); }
