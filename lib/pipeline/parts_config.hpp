// What the writers of parts are told, from the setup of the run.
#pragma once

#include <optional>

#include "config/config.hpp"
#include "start/setup.hpp"
#include "writer/output_form.hpp"
#include "writer/parts/part_writer.hpp"
#include "writer/parts/parts_record.hpp"

namespace infer {

OutputForm output_form(const EncoderConfig& encoder);

/// Requires setup.parts.
PartWriterConfig part_writer_config(const RunSetup& setup);

/// On rank 0. Empty: rows go to a single file.
std::optional<PartsConfig> parts_config(const RunConfig& config, const RunSetup& setup);

}  // namespace infer
