#include "image/resize/loops.hpp"

#include <vector>

namespace infer::detail {

#if defined(__x86_64__)
extern const ResizeLoops kAvx512Resize;
extern const ResizeLoops kAvx2Resize;
#endif
extern const ResizeLoops kPortableResize;

namespace {

std::vector<const ResizeLoops*> usable_loops() {
  std::vector<const ResizeLoops*> loops;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")) {
    loops.push_back(&kAvx512Resize);
  }
  if (__builtin_cpu_supports("avx2")) loops.push_back(&kAvx2Resize);
#endif
  loops.push_back(&kPortableResize);
  return loops;
}

}  // namespace

std::span<const ResizeLoops* const> resize_loops() {
  static const std::vector<const ResizeLoops*> loops = usable_loops();
  return loops;
}

}  // namespace infer::detail
