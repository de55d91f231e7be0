#include "pipeline/account/account_before.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace infer {
namespace {

constexpr std::size_t kMostSessions = 8;  ///< that a journal keeps apart

RunSubject describe_subject(const OutputSetup& output, const RunHeader& header) {
  RunSubject subject;
  subject.version = output.config.command.version;
  subject.command = output.config.command.as_typed;
  subject.model = header.model;
  subject.task = header.task;
  subject.signature = header.signature;
  subject.input = header.input;
  subject.files = header.files;
  subject.input_bytes = header.input_bytes;
  subject.chunks = header.chunks;
  subject.output = output.config.output.path;
  subject.devices = header.devices;
  subject.schedule = header.schedule;
  subject.gather = header.gather;
  subject.is_retry = output.start.retry.has_value();
  for (const auto& fact : output.start.run.facts) subject.facts.emplace_back(fact.name, fact.value);
  return subject;
}

/// Seconds that each part took, from those at which it ended.
std::vector<std::pair<std::string, double>> describe_start(const StartTimes& times) {
  return {{"libraries", times.libraries},
          {"MPI", times.session - times.libraries},
          {"plan", times.plan - times.session},
          {"model", times.model - times.plan},
          {"signature", times.signature - times.model}};
}

std::vector<RankAccount> describe_ranks(const RunSetup& setup, std::size_t ranks) {
  const auto& placements = setup.lead->placements;
  const auto group = placements.size() / ranks;
  std::vector<RankAccount> all(ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    all[rank].host = placements[rank * group].host;
    all[rank].device = placements[rank * group].device;
  }
  return all;
}

}  // namespace

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

RunAccount account_before(const RunSetup& setup, const OutputSetup& output, const RunHeader& header,
                          std::size_t ranks) {
  RunAccount account;
  account.subject = describe_subject(output, header);
  account.rows_before = output.start.from.rows;
  account.earlier = output.start.from.sessions;
  account.session.began_ns = now_ns();
  account.session.ranks = ranks;
  account.start = describe_start(setup.times);
  account.gpus = count_gpus(setup.lead->placements);
  account.ranks = describe_ranks(setup, ranks);
  return account;
}

Checkpoint begin_session(Checkpoint from, std::size_t ranks) {
  auto& all = from.sessions;
  std::erase_if(all, [](const Session& session) { return session.rows == 0; });
  while (all.size() >= kMostSessions) {
    all[1] += all[0];
    all.erase(all.begin());
  }
  Session session;
  session.began_ns = now_ns();
  session.ranks = ranks;
  all.push_back(session);
  return from;
}

}  // namespace infer
