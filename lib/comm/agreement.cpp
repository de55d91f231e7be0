#include <algorithm>
#include <utility>

#include "comm/session.hpp"
#include "comm/waiting.hpp"

namespace infer {
namespace {

Bytes to_bytes(const std::string& text) {
  const ByteView view = as_byte_view(text);
  return {view.begin(), view.end()};
}

std::string to_text(const Bytes& bytes) {
  std::string text(bytes.size(), '\0');
  std::ranges::transform(bytes, text.begin(), [](std::byte byte) { return std::to_integer<char>(byte); });
  return text;
}

void wait_for_receivers(Session& session, const Deadline& deadline) {
  if (wait_until(session, deadline, [&] { return session.progress(); })) return;
  throw RunError("the ranks did not meet within " + limit_text(deadline) + ": " + session.late_receivers() +
                 " did not take a message of " + session.describe(session.rank()) +
                 "; look there for a hanging or overloaded process");
}

std::vector<std::string> receive_all(Session& session, const std::string& mine, const Deadline& deadline) {
  std::vector<std::string> texts(static_cast<std::size_t>(session.size()));
  texts[0] = mine;
  std::vector<int> missing;
  for (int rank = 1; rank < session.size(); ++rank) missing.push_back(rank);
  // Each rank is asked for by number: a fast one may already have sent its text for the next exchange.
  const auto take = [&](int rank) {
    const auto message = session.poll(Tag::agreement, rank);
    if (message) texts[static_cast<std::size_t>(rank)] = to_text(message->bytes);
    return message.has_value();
  };
  const auto done = [&] { return std::erase_if(missing, take), missing.empty(); };
  if (wait_until(session, deadline, done)) return texts;
  throw RunError("the ranks did not meet within " + limit_text(deadline) + ": nothing came from " +
                 describe_ranks(session, missing) + "; look there for a hanging or overloaded process");
}

// A rank's outcome travels as text: empty when all went well, else the exit code's digit and the message.
std::string outcome_text(ExitCode code, const std::string& message) {
  return std::to_string(static_cast<int>(code)) + message;
}

std::string run_phase(const std::function<void()>& phase) {
  try {
    phase();
    return "";
  } catch (const Error& error) {
    return outcome_text(error.code(), error.what());
  } catch (const std::exception& error) {
    return outcome_text(ExitCode::run_failed, failure_text(error, "preparing the run"));
  }
}

std::string joint_outcome(const Session& session, const std::vector<std::string>& outcomes) {
  const auto failed = std::ranges::find_if(outcomes, [](const auto& outcome) { return !outcome.empty(); });
  if (failed == outcomes.end()) return "";
  const bool all_alike =
      std::ranges::all_of(outcomes, [&](const auto& outcome) { return outcome == *failed; });
  if (all_alike) return *failed;
  const int rank = static_cast<int>(failed - outcomes.begin());
  return failed->substr(0, 1) + session.describe(rank) + ": " + failed->substr(1);
}

void throw_everywhere(const std::string& outcome) {
  if (!outcome.empty()) throw AgreedError(static_cast<ExitCode>(outcome.front() - '0'), outcome.substr(1));
}

}  // namespace

std::vector<std::string> collect(Session& session, const std::string& mine, Deadline deadline) {
  if (session.rank() == 0) return receive_all(session, mine, deadline);
  session.post(0, Tag::agreement, to_bytes(mine));
  wait_for_receivers(session, deadline);
  return {};
}

std::string broadcast(Session& session, const std::string& from_root, Deadline deadline) {
  if (session.rank() == 0) {
    for (int rank = 1; rank < session.size(); ++rank) session.post(rank, Tag::broadcast, to_bytes(from_root));
    wait_for_receivers(session, deadline);
    return from_root;
  }
  std::optional<Message> message;
  const auto arrived = [&] { return (message = session.poll(Tag::broadcast, 0)).has_value(); };
  if (wait_until(session, deadline, arrived)) return to_text(message->bytes);
  throw RunError("the ranks did not meet within " + limit_text(deadline) + ": nothing came from " +
                 session.describe(0) + " to " + session.describe(session.rank()) +
                 "; look there for a hanging or overloaded process");
}

void agree(Session& session, Deadline deadline, const std::function<void()>& phase) {
  const auto outcomes = collect(session, run_phase(phase), deadline);
  throw_everywhere(broadcast(session, joint_outcome(session, outcomes), deadline));
}

void agree_with_root(Session& session, Deadline deadline, const std::function<void()>& phase) {
  throw_everywhere(broadcast(session, session.rank() == 0 ? run_phase(phase) : "", deadline));
}

}  // namespace infer
