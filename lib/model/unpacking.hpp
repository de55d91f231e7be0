// Room for what compiled models are unpacked to.
#pragma once

#include "model_file/model_file.hpp"

namespace infer {

/// Throws UsageError where TMPDIR has no room for the model to be unpacked by each of `processes` at a time;
/// never for a format that is not unpacked. Before any of them loads it.
void check_room_to_unpack(const ModelFile& file, int processes);

}  // namespace infer
