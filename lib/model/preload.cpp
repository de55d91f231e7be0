#include "model/preload.hpp"

#include <dlfcn.h>

#include <filesystem>

#include "base/error.hpp"
#include "model/failure.hpp"
#include "model/model.hpp"
#include "model/torch_stand_in.hpp"

namespace infer::detail {
namespace {

/// A name without a folder is the current folder's file, where there is one: as a user means it.
std::string path_of(const std::string& library) {
  std::error_code error;
  const bool is_file = std::filesystem::exists(library, error);
  return is_file && library.find('/') == std::string::npos ? "./" + library : library;
}

void load(const std::string& library) {
  const auto fail = [&](const std::string& why) {
    throw UsageError("cannot load the library " + library + " (--preload-lib, or what the bundle needs): " +
                     why + "; give the path of one that was built for LibTorch " + torch_version());
  };
  try {
    if (::dlopen(path_of(library).c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return;
  } catch (...) {  // what it registers may be refused
    fail(current_cause());
  }
  fail(::dlerror());
}

}  // namespace

void preload_libraries(std::span<const std::string> libraries, bool on_cpu) {
  if (on_cpu && !libraries.empty()) load_torch_stand_in();  // most are linked with libtorch.so
  for (const auto& library : libraries) load(library);
}

}  // namespace infer::detail
