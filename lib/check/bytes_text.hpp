// Sizes as a person reads them.
#pragma once

#include <cstdint>
#include <string>

namespace infer {

/// "12.3 GB", of 1000 each.
std::string bytes_text(std::uint64_t bytes);

}  // namespace infer
