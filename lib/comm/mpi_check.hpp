// Turns MPI's return codes into RunError. The only header besides the .cpp files that needs mpi.h.
#pragma once

#include <mpi.h>

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace infer {

/// `attempt` completes "cannot ...". Allocates nothing when all is well.
inline void check_mpi(int code, std::string_view attempt) {
  if (code == MPI_SUCCESS) return;
  std::string reason(MPI_MAX_ERROR_STRING, '\0');
  int length = 0;
  MPI_Error_string(code, reason.data(), &length);
  reason.resize(static_cast<std::size_t>(length));
  throw RunError("cannot " + std::string(attempt) + " over MPI: " + reason);
}

}  // namespace infer
