#include "check/launch_lines.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "comm/versions.hpp"
#include "model/model.hpp"
#include "start/agreed_facts.hpp"
#include "start/setup_timeout.hpp"

namespace infer {
namespace {

std::string ranks_text(Channel& channel) {
  std::set<std::string> hosts;
  for (int rank = 0; rank < channel.size(); ++rank) hosts.insert(channel.host_of(rank));
  const auto where =
      hosts.size() == 1 ? "on " + *hosts.begin() : "on " + std::to_string(hosts.size()) + " hosts";
  return std::to_string(channel.size()) + (channel.size() == 1 ? " rank " : " ranks ") + where;
}

Finding look_at_launch(Channel& channel, const Launch& launch) {
  if (!launch.problem.empty()) return finding_of(Verdict::fail, launch.problem);
  return {Verdict::ok,
          ranks_text(channel) + (launch.how.empty() ? ", started alone" : ", started by " + launch.how)};
}

std::string versions_text(const RunConfig& config) {
  const auto pmix = pmix_version();
  return "infer " + config.command.version + ", LibTorch " + torch_version() + ", " + mpi_version() +
         (pmix.empty() ? "" : ", " + pmix);
}

Finding look_at_model(const ModelFile& model) {
  const auto bundle = model.bundle();
  const auto task = bundle ? ", a bundle for " + std::string(task_name(bundle->signature.result.task)) : "";
  return {Verdict::ok, std::string(model_format_name(model.format())) + ", " + model.identity() + task};
}

/// What each rank has that differs from rank 0's, one finding for each rank; the model has its own line.
std::vector<Finding> differences(Channel& channel, const std::vector<std::vector<RankFact>>& ranks) {
  std::vector<Finding> findings;
  for (std::size_t rank = 1; rank < ranks.size(); ++rank) {
    std::vector<std::vector<RankFact>> pair{ranks[0], ranks[rank]};
    for (auto& facts : pair)
      std::erase_if(facts, [](const RankFact& fact) { return fact.name == "--model"; });
    const auto name = [&](int which) { return channel.describe(which == 0 ? 0 : static_cast<int>(rank)); };
    const auto found = compare_ranks(pair, name);
    const char* remedy = "give every rank the same flags, files and INFER_ variables (mpirun -x NAME)";
    if (!found.binding.empty()) findings.push_back({Verdict::fail, found.binding, remedy});
    if (!found.other.empty())
      findings.push_back({Verdict::warn, found.other, "if these are other builds, last digits may differ"});
  }
  return findings;
}

void check_flags(Channel& channel, const RunConfig& config, const ModelFile& model, Checklist& list) {
  const auto all = collect_facts(channel, rank_facts(config, model), Deadline(kSetupTimeout));
  auto findings = differences(channel, all);
  for (const auto& notice : config.command.notices) findings.push_back({Verdict::warn, notice});
  if (findings.empty())
    findings.push_back({Verdict::ok, channel.size() == 1 ? "all have an effect" : "the same on all ranks"});
  for (auto& finding : findings) list.on_root("flags", [&] { return std::move(finding); });
}

}  // namespace

void check_launch(World& world, const Launch& launch, const RunConfig& config, Checklist& list) {
  auto& channel = world.channel();
  list.on_root("launch", [&] { return look_at_launch(channel, launch); });
  list.everywhere(
      "versions",
      [&] {
        return Finding{Verdict::ok, versions_text(config)};
      },
      Verdict::warn, "install the same programs and libraries on every host");
}

bool check_what_ranks_have(Channel& channel, const RunConfig& config, const ModelFile& model,
                           Checklist& list) {
  const auto own = finding_by([&] { return look_at_model(model); });
  list.everywhere(
      "model", [&] { return own; }, Verdict::fail, "give every rank the same model file");
  check_flags(channel, config, model, list);
  return own.verdict == Verdict::ok;
}

}  // namespace infer
