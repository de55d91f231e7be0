#include "pipeline/parts_config.hpp"

#include "start/stage_config.hpp"

namespace infer {

PartWriterConfig part_writer_config(const RunSetup& setup) {
  PartWriterConfig writer;
  writer.names = setup.parts->names;
  writer.chunks = setup.parts->chunks;
  writer.form = output_form(setup.pipeline.scorings.front().encoder);
  writer.form.keys = setup.outputs.front().keys;
  writer.max_waiting = 2 * setup.pipeline.max_held + setup.parts->most_orders;
  writer.timeline = setup.pipeline.timeline;
  return writer;
}

std::optional<PartsConfig> parts_config(const RunConfig& config, const RunSetup& setup) {
  if (!setup.parts) return std::nullopt;
  PartsConfig parts;
  parts.names = setup.parts->names;
  parts.chunks = setup.parts->chunks;
  parts.form = output_form(setup.pipeline.scorings.front().encoder);
  parts.form.keys = setup.outputs.front().keys;
  parts.leaves_out = config.output.on_error == OnError::skip;
  parts.head = manifest_head(config, parts.form, setup.outputs.front().start.run);
  parts.inputs = setup.pipeline.scorings.front().encoder.file_names;
  parts.sum = setup.lead->parts_done;
  return parts;
}

}  // namespace infer
