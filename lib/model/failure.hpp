// LibTorch's exceptions as the project's own. For catch (...) blocks at the border of this folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace infer::detail {

/// The line that names the cause: without TorchScript's trace, C++ frames and "RuntimeError: ".
std::string cause_line(std::string_view text);

/// Text of the exception being handled, as one line.
std::string current_cause();

/// Whether the exception being handled says why: LibTorch 2.11's of a compiled model do not.
bool current_cause_is_known();

/// Whether this is what LibTorch, CUDA or the C++ library say when an allocation fails.
bool is_out_of_memory(std::string_view cause);

/// Ends the handler of a failed forward: RunError for a device that cannot be used any more, OutOfMemory for
/// a failed allocation, else ModelError. `allocation_failed`: whether one did meanwhile, for LibTorch 2.11,
/// which does not pass on why a compiled model failed. Errors of ours pass unchanged.
[[noreturn]] void throw_forward_failure(const std::filesystem::path& model, bool allocation_failed = false);

/// What is wrong with a model file, which naming() then puts in front.
class LoadProblem : public UsageError {
 public:
  using UsageError::UsageError;
};

/// What `load` returns; its LoadProblem becomes a UsageError that names the file.
template <class Load>
auto naming(const std::filesystem::path& model, const Load& load) {
  try {
    return load();
  } catch (const LoadProblem& problem) {
    throw UsageError(model.string() + ": " + problem.what());
  }
}

/// Ends the handler of a failed load with a LoadProblem; `remedy` is for all causes but too little memory.
/// Errors of ours pass unchanged.
[[noreturn]] void throw_load_failure(const std::string& remedy);

}  // namespace infer::detail
