// Which copy of the loops this processor runs.
#include "kernels/attention/loops.hpp"
#include "kernels/instructions.hpp"

namespace infer::detail {

#if defined(__x86_64__)
namespace avx512bf16 {
extern const AttentionLoops<BFloat16Bits> kBFloat16;
}  // namespace avx512bf16
namespace avx512 {
extern const AttentionLoops<float> kFloat32;
}  // namespace avx512
namespace avx2 {
extern const AttentionLoops<float> kFloat32;
extern const AttentionLoops<BFloat16Bits> kBFloat16;
}  // namespace avx2

const AttentionLoops<float>& attention_loops_float32() {
  return has_avx512() ? avx512::kFloat32 : avx2::kFloat32;
}
const AttentionLoops<BFloat16Bits>& attention_loops_bfloat16() {
  return has_avx512_bfloat16() ? avx512bf16::kBFloat16 : avx2::kBFloat16;
}
#else
namespace plain {
extern const AttentionLoops<float> kFloat32;
extern const AttentionLoops<BFloat16Bits> kBFloat16;
}  // namespace plain

const AttentionLoops<float>& attention_loops_float32() { return plain::kFloat32; }
const AttentionLoops<BFloat16Bits>& attention_loops_bfloat16() { return plain::kBFloat16; }
#endif

}  // namespace infer::detail
