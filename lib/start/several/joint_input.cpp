#include "start/several/joint_input.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "start/earlier/to_score.hpp"

namespace infer {

std::optional<std::uint64_t> joint_chunk_bytes(std::span<const EarlierOutput> outputs) {
  const EarlierOutput* first = nullptr;
  std::optional<std::uint64_t> bytes;
  for (const auto& output : outputs) {
    const auto own = known_chunk_bytes(output.config, output.found);
    if (!own) continue;
    if (bytes && *bytes != *own)
      throw UsageError("--resume: " + first->config.output.path + " was made with --chunk-bytes " +
                       std::to_string(*bytes) + " and " + output.config.output.path + " with " +
                       std::to_string(*own) +
                       ", so one pass cannot go on with both: go on with each in a run of its own");
    first = &output;
    bytes = own;
  }
  return bytes;
}

std::vector<Scored> joint_scored(std::span<const RunStart* const> starts) {
  std::vector<Scored> joint;
  bool has_finished = false;
  for (const auto* start : starts) {
    if (!start->behind) continue;
    has_finished |= !start->nothing_to_do.empty();
    joint.push_back(*start->behind);
  }
  if (has_finished && starts.size() > 1)
    throw UsageError(
        "--resume: an output is complete, and a stream is compared with the input of one output only: leave "
        "the complete one and its --model out");
  std::ranges::stable_sort(joint, {}, &Scored::chunks);
  return joint;
}

}  // namespace infer
