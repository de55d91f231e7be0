// Numbers as people write them, before CLI11 reads them in a way of its own: -1 as 2^64 - 1, 0100 as 64.
#pragma once

#include <string>

namespace infer {

/// Leaves a whole number without zeros in front. Else what is wrong with it: `"-1" is below 0`.
std::string make_count(std::string& text);

/// Likewise of one that may be below 0.
std::string make_whole(std::string& text);

/// Likewise of one that may have a unit behind it, which is left to others.
std::string make_size(std::string& text);

}  // namespace infer
