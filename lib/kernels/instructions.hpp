// What this processor can do, as far as loops are compiled for it. On others than x86-64: nothing.
#pragma once

namespace infer::detail {

bool has_avx2();  ///< with FMA
bool has_avx512();
bool has_avx512_bfloat16();

}  // namespace infer::detail
