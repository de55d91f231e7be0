#include "comm/agreement.hpp"

#include <algorithm>
#include <utility>

#include "base/message.hpp"
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

void wait_for_receivers(Channel& channel, const Deadline& deadline) {
  if (wait_until(channel, deadline, [&] { return channel.progress(); })) return;
  throw RunError("the ranks did not meet within " + limit_text(deadline) + ": " + channel.late_receivers() +
                 " did not take a message of " + channel.describe(channel.rank()) +
                 "; look there for a hanging or overloaded process");
}

std::vector<std::string> receive_all(Channel& channel, const std::string& mine, const Deadline& deadline) {
  std::vector<std::string> texts(static_cast<std::size_t>(channel.size()));
  texts[0] = mine;
  std::vector<int> missing;
  for (int rank = 1; rank < channel.size(); ++rank) missing.push_back(rank);
  // Each rank is asked for by number: a fast one may already have sent its text for the next exchange.
  const auto take = [&](int rank) {
    const auto message = channel.poll(Tag::agreement, rank);
    if (message) texts[static_cast<std::size_t>(rank)] = to_text(message->bytes);
    return message.has_value();
  };
  const auto done = [&] { return std::erase_if(missing, take), missing.empty(); };
  if (wait_until(channel, deadline, done)) return texts;
  throw RunError("the ranks did not meet within " + limit_text(deadline) + ": nothing came from " +
                 describe_ranks(channel, missing) + "; look there for a hanging or overloaded process");
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

std::string joint_outcome(const Channel& channel, const std::vector<std::string>& outcomes) {
  const auto failed = std::ranges::find_if(outcomes, [](const auto& outcome) { return !outcome.empty(); });
  if (failed == outcomes.end()) return "";
  const bool all_alike =
      std::ranges::all_of(outcomes, [&](const auto& outcome) { return outcome == *failed; });
  if (all_alike) return *failed;
  const int rank = static_cast<int>(failed - outcomes.begin());
  return failed->substr(0, 1) + channel.describe(rank) + ": " + failed->substr(1);
}

void throw_everywhere(const std::string& outcome) {
  if (!outcome.empty()) throw AgreedError(static_cast<ExitCode>(outcome.front() - '0'), outcome.substr(1));
}

}  // namespace

std::vector<std::string> collect(Channel& channel, const std::string& mine, Deadline deadline) {
  if (channel.rank() == 0) return receive_all(channel, mine, deadline);
  channel.post(0, Tag::agreement, to_bytes(mine));
  wait_for_receivers(channel, deadline);
  return {};
}

std::string broadcast(Channel& channel, const std::string& from_root, Deadline deadline) {
  if (channel.rank() == 0) {
    for (int rank = 1; rank < channel.size(); ++rank) channel.post(rank, Tag::broadcast, to_bytes(from_root));
    wait_for_receivers(channel, deadline);
    return from_root;
  }
  std::optional<Message> message;
  const auto arrived = [&] { return (message = channel.poll(Tag::broadcast, 0)).has_value(); };
  if (wait_until(channel, deadline, arrived)) return to_text(message->bytes);
  throw RunError("the ranks did not meet within " + limit_text(deadline) + ": nothing came from " +
                 channel.describe(0) + " to " + channel.describe(channel.rank()) +
                 "; look there for a hanging or overloaded process");
}

std::vector<std::string> told_by_all(Channel& channel, const std::string& mine, Deadline deadline) {
  const auto all = collect(channel, mine, deadline);
  return from_message<std::vector<std::string>>(
      as_byte_view(broadcast(channel, as_text(to_message(all)), deadline)));
}

void agree(Channel& channel, Deadline deadline, const std::function<void()>& phase) {
  const auto outcomes = collect(channel, run_phase(phase), deadline);
  throw_everywhere(broadcast(channel, joint_outcome(channel, outcomes), deadline));
}

void agree_with_root(Channel& channel, Deadline deadline, const std::function<void()>& phase) {
  throw_everywhere(broadcast(channel, channel.rank() == 0 ? run_phase(phase) : "", deadline));
}

}  // namespace infer
