// What the writers of parts are told, from the setup of the run.
#pragma once

#include <optional>

#include "config/config.hpp"
#include "start/setup.hpp"
#include "writer/parts/part_writer.hpp"
#include "writer/parts/parts_record.hpp"

namespace infer {

/// Requires setup.parts.
PartWriterConfig part_writer_config(const RunSetup& setup);

/// On rank 0. Empty: rows go to a single file.
std::optional<PartsConfig> parts_config(const RunConfig& config, const RunSetup& setup);

}  // namespace infer
