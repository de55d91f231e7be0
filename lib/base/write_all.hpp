// Writing to a descriptor that may take a part at a time.
#pragma once

#include <string_view>

namespace infer {

/// All of it, however often a signal or a full pipe cuts in. False when that fails; errno says why.
bool write_all(int fd, std::string_view text);

}  // namespace infer
