// Which copy of the loops this processor runs.
#include "kernels/convolution/winograd_loops.hpp"
#include "kernels/instructions.hpp"

namespace infer::detail {

#if defined(__x86_64__)
namespace avx512 {
extern const WinogradLoops kWinograd;
}  // namespace avx512
namespace avx2 {
extern const WinogradLoops kWinograd;
}  // namespace avx2

const WinogradLoops& winograd_loops() { return has_avx512() ? avx512::kWinograd : avx2::kWinograd; }
#else
namespace plain {
extern const WinogradLoops kWinograd;
}  // namespace plain

const WinogradLoops& winograd_loops() { return plain::kWinograd; }
#endif

}  // namespace infer::detail
