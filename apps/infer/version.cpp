#include "version.hpp"

#include "comm/versions.hpp"
#include "model/model.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer {

const char* infer_version() { return INFER_VERSION; }

std::string version_text() {
  return "infer " INFER_VERSION "\nLibTorch " + torch_version() + "\nMPI " + mpi_version() + "\nNCCL " +
         nccl_version() + "\nCUDA " + cuda_version() + "\nTokenizer " + tokenizer_version() + "\n";
}

}  // namespace infer
