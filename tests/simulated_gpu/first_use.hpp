// Where the simulated runtime tells that it is asked for devices, as LibTorch does before all else.
#pragma once

namespace simulated {

/// In ops.cpp, when that is loaded too. False while LibTorch's CUDA libraries are not: call it again.
[[gnu::weak]] bool first_use();

}  // namespace simulated
