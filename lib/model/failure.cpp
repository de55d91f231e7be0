#include "model/failure.hpp"

#include <c10/util/Exception.h>

#include <algorithm>
#include <new>

#include "base/error.hpp"
#include "model/model.hpp"

namespace infer::detail {
namespace {

constexpr std::size_t kLongestCause = 400;

std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// The text after "RuntimeError: ", "torch.jit.Error: " and the like; empty when the line starts otherwise.
std::string_view after_error_name(std::string_view line) {
  const auto colon = line.find(": ");
  if (colon == std::string_view::npos) return {};
  const auto name = line.substr(0, colon);
  const bool is_name = name.ends_with("Error") || name.ends_with("Exception");
  return is_name && name.find(' ') == std::string_view::npos ? line.substr(colon + 2) : std::string_view{};
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// An error that every later call on this device would meet again. Running out of memory is not one.
bool is_broken_device(std::string_view cause) {
  return (has(cause, "CUDA error") || has(cause, "CUDA driver error")) && !is_out_of_memory(cause);
}

/// What a failed call of a compiled model says where the model cannot say why.
bool is_reason_lost(std::string_view cause) {
  return has(cause, "AOTInductor") && has(cause, "API call failed at");
}

std::string lost_reason(bool allocation_failed) {
  return std::string(allocation_failed ? "out of memory" : "the compiled model failed") + " (LibTorch " +
         torch_version() + " writes the rest to stderr only)";
}

/// Without the check that found it, "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: ...",
/// and without the hint at a setting of LibTorch's.
std::string memory_cause(std::string cause) {
  constexpr std::string_view kAllocator = "DefaultCPUAllocator: ";
  if (const auto at = cause.find(kAllocator); at != std::string::npos) cause.erase(0, at + kAllocator.size());
  if (const auto hint = cause.find(" If reserved but unallocated"); hint != std::string::npos)
    cause.erase(hint);
  return cause;
}

}  // namespace

std::string cause_line(std::string_view text) {
  std::string_view first;
  std::string_view named;
  while (!text.empty()) {
    const auto line = next_line(text);
    if (first.empty()) first = line;
    if (const auto cause = after_error_name(line); !cause.empty()) named = cause;
  }
  const auto cause = named.empty() ? first : named;
  if (cause.size() <= kLongestCause) return std::string(cause);
  return std::string(cause.substr(0, kLongestCause)) + "...";
}

std::string current_cause() {
  try {
    throw;
  } catch (const c10::Error& error) {
    return cause_line(error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::exception& error) {
    return cause_line(error.what());
  } catch (...) {
    return "unknown error";
  }
}

bool current_cause_is_known() { return !is_reason_lost(current_cause()); }

bool is_out_of_memory(std::string_view cause) {
  // By text: TorchScript and AOTInductor lose c10::OutOfMemoryError's type on the way, and the allocator of
  // the CPU throws a plain c10::Error.
  return has(cause, "out of memory") || has(cause, "Out of Memory") || has(cause, "can't allocate memory") ||
         has(cause, "std::bad_alloc") || has(cause, "_STATUS_ALLOC_FAILED");
}

void throw_forward_failure(const std::filesystem::path& model, bool allocation_failed) {
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const ModelError&) {
    throw;
  } catch (...) {
    auto cause = current_cause();
    if (is_reason_lost(cause)) cause = lost_reason(allocation_failed);
    if (is_out_of_memory(cause)) throw OutOfMemory(memory_cause(cause));
    if (!is_broken_device(cause)) throw ModelError(cause);
    throw RunError(
        model.string() + ": the device failed during forward: " + cause +
        "; an index out of range of an embedding is the usual reason, else look for Xid lines in dmesg");
  }
}

namespace {

std::string load_remedy(const std::string& cause, const std::string& remedy) {
  if (is_out_of_memory(cause)) return "free memory on the device, or use a smaller or a half-precision model";
  if (cause.find("required keyword attribute") != std::string::npos)
    return "torch.jit.optimize_for_inference makes constants that no file holds: save the module as it was "
           "before it, for infer folds what can be folded when it loads";
  constexpr std::string_view kNotRegistered[]{"Unknown builtin op", "Could not find schema for",
                                              "torch.classes.", "Unknown type name"};
  if (std::ranges::any_of(kNotRegistered, [&](auto text) { return has(cause, text); }))
    return std::string("give the library that has it by --preload-lib FILE") +
           (has(cause, "tensorrt") ? ": Torch-TensorRT's libtorchtrt_runtime.so, with libnvinfer.so in "
                                     "LD_LIBRARY_PATH"
                                   : "");
  return remedy;
}

}  // namespace

void throw_load_failure(const std::string& remedy) {
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (...) {
    const auto cause = current_cause();
    throw LoadProblem("LibTorch " + torch_version() + " cannot load this model: " + cause + "; " +
                      load_remedy(cause, remedy));
  }
}

}  // namespace infer::detail
