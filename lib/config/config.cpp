#include "config/config.hpp"

#include <algorithm>
#include <utility>

namespace infer {

std::vector<RunConfig> outputs_of(RunConfig config) {
  auto others = std::exchange(config.others, {});
  std::vector<RunConfig> outputs{config};
  for (auto& other : others) {
    other.input = config.input;
    other.stops = config.stops;
    other.command = config.command;
    outputs.push_back(std::move(other));
  }
  return outputs;
}

std::vector<std::string> carried_fields(const InputOptions& input) {
  std::vector<std::string> fields;
  if (!input.id_field.empty()) fields.push_back(input.id_field);
  for (const auto& field : input.passthrough) {
    if (std::ranges::find(fields, field) == fields.end()) fields.push_back(field);
  }
  return fields;
}

RecordChoice record_choice(const InputOptions& input) {
  constexpr double kPercent = 100;
  const auto share = input.sample ? std::optional(*input.sample / kPercent) : std::nullopt;
  return {input.limit, share, input.sample_seed};
}

ImageAccess image_access(const InputOptions& input) {
  return {input.image_roots, input.max_image_pixels, input.max_record_bytes};
}

}  // namespace infer
