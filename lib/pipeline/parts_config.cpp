#include "pipeline/parts_config.hpp"

#include <functional>
#include <vector>

namespace infer {

OutputForm output_form(const EncoderConfig& encoder) {
  const auto& format = *encoder.format;
  OutputForm form;
  if (format.header != nullptr) form.header = std::bind_front(format.header, encoder.rows);
  form.header_counts_rows = format.header_counts_rows;
  form.pack = encoder.pack;
  form.footer = format.footer;
  return form;
}

PartWriterConfig part_writer_config(const RunSetup& setup) {
  PartWriterConfig writer;
  writer.names = setup.parts->names;
  writer.chunks = setup.parts->chunks;
  writer.form = output_form(setup.pipeline.encoder);
  writer.max_waiting = 2 * setup.pipeline.max_held + setup.parts->most_orders;
  writer.timeline = setup.pipeline.timeline;
  return writer;
}

std::optional<PartsConfig> parts_config(const RunConfig& config, const RunSetup& setup) {
  if (!setup.parts) return std::nullopt;
  PartsConfig parts;
  parts.names = setup.parts->names;
  parts.chunks = setup.parts->chunks;
  parts.form = output_form(setup.pipeline.encoder);
  parts.leaves_out = config.output.on_error == OnError::skip;
  parts.head = {config.command.version, config.output.format, parts.form.header_text(0).size(),
                setup.lead->start.run.facts};
  std::erase_if(parts.head.facts, [](const Fact& fact) { return !fact.binding || fact.name == "--errors"; });
  parts.inputs = setup.pipeline.encoder.file_names;
  parts.sum = setup.lead->parts_done;
  return parts;
}

}  // namespace infer
