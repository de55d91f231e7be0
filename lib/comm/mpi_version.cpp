#include <mpi.h>

#include <string_view>

#include "comm/versions.hpp"

namespace infer {

std::string mpi_version() {
  std::string text(MPI_MAX_LIBRARY_VERSION_STRING, '\0');
  int length = 0;
  if (MPI_Get_library_version(text.data(), &length) != MPI_SUCCESS) return "unknown";
  text.resize(static_cast<std::size_t>(length));
  // Open MPI goes on with package and date after a comma, MPICH with build flags on more lines.
  return text.substr(0, text.find_first_of(std::string_view(",\n\0", 3)));
}

}  // namespace infer
