#include "start/several/joint_input.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/error.hpp"
#include "start/earlier/to_score.hpp"

namespace infer {
namespace {

/// What two outputs have of an input can be seen without that, where one has all of it.
void require_one_input(const StartedOutput& complete, const StartedOutput& other) {
  const auto& all = *complete.start.behind;
  const auto& some = *other.start.behind;
  const bool is_same = some.bytes == 0 || some.digest == all.digest;
  if (some.bytes == all.bytes ? is_same : some.bytes < all.bytes && !some.is_all) return;
  throw UsageError("--resume: " + complete.config.output.path + " was made of all " +
                   std::to_string(all.bytes) + " bytes (unpacked) of its input, and " +
                   other.config.output.path + " has " + std::to_string(some.bytes) +
                   " bytes of another one: go on with each in a run of its own");
}

}  // namespace

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

std::vector<Scored> joint_scored(std::span<const StartedOutput> outputs) {
  std::vector<StartedOutput> compared;
  std::ranges::copy_if(outputs, std::back_inserter(compared),
                       [](const StartedOutput& output) { return output.start.behind.has_value(); });
  const auto complete =
      std::ranges::find_if(compared, [](const StartedOutput& output) { return output.start.behind->is_all; });
  std::vector<Scored> joint;
  for (const auto& output : compared) {
    if (complete != compared.end()) require_one_input(*complete, output);
    joint.push_back(*output.start.behind);
  }
  std::ranges::stable_sort(joint, {}, &Scored::reach);
  if (!joint.empty() && joint.front().is_all) joint.resize(1);
  return joint;
}

}  // namespace infer
