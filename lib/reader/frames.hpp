// The frames of a Zstandard file, found by their headers: where they say how large they are, the file can be
// read at any place.
#pragma once

#include "reader/input_file.hpp"

namespace infer {

/// Makes a packed file a framed one if it is several frames that all say how large they are, none larger than
/// a rank unpacks at once. Reads no more of it than headers. Throws RunError when it cannot be read.
void find_frames(InputFile& file);

}  // namespace infer
