#include "start/several/preparing.hpp"

#include <algorithm>
#include <utility>

#include "start/file_roles.hpp"
#include "start/several/joint_input.hpp"
#include "start/several/shared_stages.hpp"

namespace infer {

void claim_all(std::span<Preparing> outputs) {
  std::vector<RunConfig> configs;
  for (const auto& output : outputs) configs.push_back(output.config);
  check_file_roles(configs);
  for (auto& output : outputs) output.claim = claim_outputs(output.config);
}

ToScore choose_records_of_all(std::span<const Preparing> outputs, const std::vector<InputFile>& files,
                              int ranks, RunObserver& observer) {
  const auto& first = outputs.front();
  std::vector<EarlierOutput> earlier;
  auto rows = chunk_rows(first.share.runners, *first.file);
  for (const auto& output : outputs) {
    earlier.push_back({output.config, output.claim.output});
    rows = std::min(rows, chunk_rows(output.share.runners, *output.file));
  }
  auto config = first.config;
  config.input.chunk_bytes = joint_chunk_bytes(earlier);
  return choose_records(config, files, first.claim.output, rows, ranks, observer);
}

Runners devices_of_all(std::span<const Preparing> outputs) {
  auto all = outputs.front().share.runners;
  for (const auto& output : outputs) {
    for (const auto& device : output.share.runners.devices) {
      if (std::ranges::count(all.devices, device) == 0) all.devices.push_back(device);
    }
  }
  return all;
}

std::vector<Scored> scored_of_all(std::span<const Preparing> outputs) {
  std::vector<StartedOutput> started;
  for (const auto& output : outputs) started.push_back({output.config, output.start});
  return joint_scored(started);
}

std::vector<std::vector<KeyFact>> key_facts_of_all(std::span<const Preparing> outputs) {
  std::vector<std::vector<KeyFact>> all;
  for (const auto& output : outputs) all.push_back(output.key_facts);
  return all;
}

std::vector<ScoringConfig> scorings_of_all(std::span<const Preparing> outputs) {
  std::vector<ScoringConfig> scorings;
  std::vector<const Scorer*> scorers;
  for (const auto& output : outputs) {
    scorings.push_back(output.scoring);
    scorers.push_back(&output.scorer);
  }
  share_stages(scorings, scorers);
  return scorings;
}

OutputSetup prepared(Preparing output) {
  OutputSetup setup;
  if (output.config.output.keys) setup.keys.emplace().facts = std::move(output.key_facts);
  setup.config = std::move(output.config);
  setup.model = std::move(output.scorer.model);
  setup.claim = std::move(output.claim);
  setup.start = std::move(output.start);
  return setup;
}

}  // namespace infer
