// Versions of the communication libraries, for the run's header and `--version`.
#pragma once

#include <string>

namespace infer {

/// The MPI library in use, such as "Open MPI v4.1.4". Works before MPI_Init.
std::string mpi_version();

/// The PMIx library by which MPI knows the launcher, such as "OpenPMIx 4.2.2"; empty before MPI_Init, and
/// where MPI has its own.
std::string pmix_version();

/// The NCCL this program was built for, such as "2.30.7", or "not built".
std::string nccl_version();

}  // namespace infer
