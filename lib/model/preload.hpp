// Loads shared libraries that register operators and classes with LibTorch, before a model that uses them.
#pragma once

#include <span>
#include <string>

namespace infer::detail {

/// As the dynamic linker finds them: a path, or a name in its folders. They stay loaded; one that is there
/// already is not loaded again. After open_device(). Throws UsageError.
void preload_libraries(std::span<const std::string> libraries, bool on_cpu);

}  // namespace infer::detail
