// Libraries that are loaded when they are asked for, and their functions by name.
#pragma once

#include <dlfcn.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace infer {

/// Stays loaded until the process ends: pointers into it are kept. Its messages begin with `attempt` and end
/// with `remedy`.
class LoadedLibrary {
 public:
  /// One of `names`: the first that the process has already, else the first that can be loaded. Throws
  /// UsageError.
  LoadedLibrary(const std::vector<std::string>& names, std::string attempt, std::string remedy)
      : attempt_(std::move(attempt)), remedy_(std::move(remedy)) {
    for (const int only_loaded : {RTLD_NOLOAD, 0}) {
      for (const auto& name : names) {
        if ((library_ = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | only_loaded)) != nullptr) return;
      }
    }
    const char* reason = ::dlerror();
    throw UsageError(attempt_ + "cannot load " + joined(names, " nor ") + ": " +
                     (reason == nullptr ? "unknown reason" : reason) + remedy_);
  }

  /// Sets `target` to the function of that name. Throws UsageError where there is none.
  template <class Function>
  void resolve(const char* name, Function& target) const {
    target = reinterpret_cast<Function>(::dlsym(library_, name));
    if (target == nullptr) throw UsageError(attempt_ + "cannot find " + name + " in its library" + remedy_);
  }

 private:
  std::string attempt_;
  std::string remedy_;
  void* library_ = nullptr;
};

}  // namespace infer
