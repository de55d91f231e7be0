#include <dlfcn.h>
#include <mpi.h>

#include <memory>
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

/// MPI has loaded it, for itself.
std::string pmix_version() {
  const auto close = [](void* library) { ::dlclose(library); };
  const std::unique_ptr<void, decltype(close)> library(::dlopen("libpmix.so.2", RTLD_LAZY | RTLD_NOLOAD),
                                                       close);
  if (!library) return "";
  const auto version = reinterpret_cast<const char* (*)()>(::dlsym(library.get(), "PMIx_Get_version"));
  if (version == nullptr) return "";
  const std::string text = version();
  return text.substr(0, text.find_first_of(" ,(", text.find(' ') + 1));  // the name has no space in it
}

}  // namespace infer
