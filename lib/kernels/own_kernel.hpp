// Puts a kernel of ours in place of one of LibTorch's on the CPU.
#pragma once

#include <c10/util/Exception.h>
#include <dlfcn.h>
#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/library.h>

#include <cstdlib>
#include <string_view>

namespace infer::detail {

inline bool is_set_to(const char* variable, std::string_view value) {
  const char* const choice = std::getenv(variable);
  return choice != nullptr && choice == value;
}

/// Whether the environment variable says "libtorch": the kernel that it is about is to stay LibTorch's.
inline bool is_left_to_libtorch(const char* variable) { return is_set_to(variable, "libtorch"); }

/// `kernel` is what "aten::`op`" calls on the CPU for as long as the result lives.
template <class Kernel>
torch::Library register_own_kernel(const char* op, Kernel* kernel) {
  /// LibTorch warns about kernels that are replaced.
  class Silence final : public c10::WarningHandler {
    void process(const c10::Warning&) override {}
  };
  Silence silence;
  const c10::WarningUtils::WarningHandlerGuard guard(&silence);
  torch::Library library(torch::Library::IMPL, "aten", c10::DispatchKey::CPU, __FILE__, __LINE__);
  library.impl(op, kernel);
  return library;
}

/// Compiled packages call C functions of LibTorch's. Where the program defines one by the same name, this is
/// LibTorch's own.
template <class Function>
Function* libtorch_function(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// As these functions are given it.
inline at::Tensor& tensor_of(AtenTensorHandle handle) { return *reinterpret_cast<at::Tensor*>(handle); }

}  // namespace infer::detail
