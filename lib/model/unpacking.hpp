// Room for what compiled models are unpacked to.
#pragma once

#include <filesystem>

namespace infer {

/// Throws UsageError where TMPDIR has no room for `model` to be unpacked by each of `processes` at a time;
/// never for a format that is not unpacked. Before any of them loads it.
void check_room_to_unpack(const std::filesystem::path& model, int processes);

}  // namespace infer
