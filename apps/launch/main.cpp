// infer of a wheel: finds the torch wheel and starts the program that was built for it, with the same
// arguments.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>

#include "open_mpi.hpp"
#include "torch_wheel.hpp"
#include "wheel_folder.hpp"

namespace infer::launch {
namespace {

constexpr int kWrongUsage = 2;

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string remedy(const std::vector<std::string>& versions) {
  return "this infer has programs for torch " + list(versions) + ": pip install 'torch==" + versions.back() +
         ".*'";
}

[[noreturn]] void start(char** arguments) {
  const auto wheel = find_wheel_folder();
  const auto versions = wheel.torch_versions();
  const auto torch = find_torch(wheel);
  if (!torch)
    throw Refusal{"there is no torch in " + wheel.site_packages.string() +
                  ", and its libraries are needed; " + remedy(versions)};
  if (std::ranges::find(versions, torch->minor_version()) == versions.end())
    throw Refusal{"cannot run with torch " + torch->version + " of " + torch->folder.string() + "; " +
                  remedy(versions)};
  if (torch->folder.parent_path() != wheel.site_packages) search_libraries_of(*torch);
  check_open_mpi(wheel.prefix);
  const auto program = wheel.program(torch->minor_version());
  ::execv(program.c_str(), arguments);
  throw Refusal{"cannot start " + program.string() + ": " + std::strerror(errno) +
                "; install the wheel again"};
}

/// One message for all ranks of a job.
bool speaks() {
  constexpr std::array kRanks{"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"};
  for (const auto* name : kRanks) {
    if (const char* rank = std::getenv(name); rank != nullptr) return std::string_view(rank) == "0";
  }
  return true;
}

int refuse(const std::string& text) {
  if (speaks())
    std::fprintf(stderr, "infer: %s\n", text.c_str());
  else
    ::sleep(1);  // the launcher ends all as soon as one has left
  return kWrongUsage;
}

}  // namespace
}  // namespace infer::launch

int main(int, char** arguments) {
  try {
    infer::launch::start(arguments);
  } catch (const infer::launch::Refusal& refusal) {
    return infer::launch::refuse(refusal.text);
  } catch (const std::exception& error) {
    return infer::launch::refuse(error.what());
  }
}
