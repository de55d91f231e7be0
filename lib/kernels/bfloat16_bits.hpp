// bfloat16 for loops that are compiled once for each instruction set.
#pragma once

#include <stdint.h>

namespace infer::detail {

/// bfloat16 as its bits.
using BFloat16Bits = uint16_t;

}  // namespace infer::detail
