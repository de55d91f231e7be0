#include "comm/channel.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/host_name.hpp"
#include "comm/communicator.hpp"
#include "comm/mpi_check.hpp"
#include "comm/waiting.hpp"

namespace infer {

struct Channel::Outgoing {
  int to = 0;
  Bytes bytes;
  MPI_Request request = MPI_REQUEST_NULL;
  bool delivered = false;
};

struct Channel::Incoming {
  int from = 0;
  Tag tag = Tag::agreement;
  Bytes bytes;
  MPI_Request request = MPI_REQUEST_NULL;

  bool complete() {
    if (request == MPI_REQUEST_NULL) return true;
    int done = 0;
    check_mpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "receive a message");
    return done != 0;
  }
};

Channel::Channel(const Communicator* communicator, std::vector<std::string> hosts)
    : communicator_(communicator), hosts_(std::move(hosts)) {
  if (communicator_ != nullptr) check_mpi(MPI_Comm_rank(communicator_->handle, &rank_), "ask for the rank");
}

Channel::~Channel() = default;

std::string Channel::describe(int rank) const { return rank_name(rank, host_of(rank)); }

void Channel::post(int to, Tag tag, Bytes bytes) {
  if (bytes.size() > std::numeric_limits<int>::max()) {
    throw InternalError("a message of " + std::to_string(bytes.size()) + " bytes to " + describe(to) +
                        " is over MPI's limit of 2147483647 bytes and should have been cut");
  }
  if (communicator_ == nullptr) {
    auto arrived = std::make_unique<Incoming>();
    arrived->tag = tag;
    arrived->bytes = std::move(bytes);
    incoming_.push_back(std::move(arrived));
    return;
  }
  auto message = std::make_unique<Outgoing>();
  message->to = to;
  message->bytes = std::move(bytes);
  check_mpi(MPI_Isend(message->bytes.data(), static_cast<int>(message->bytes.size()), MPI_BYTE, to,
                      static_cast<int>(tag), communicator_->handle, &message->request),
            "send to " + describe(to));
  outgoing_.push_back(std::move(message));
}

std::optional<Message> Channel::poll(Tag tag, std::optional<int> from) {
  progress();
  auto message = take_received(tag, from);
  if (!message && start_receive(tag, from)) message = take_received(tag, from);
  return message;
}

bool Channel::progress() {
  for (auto& message : outgoing_) {
    int done = 0;
    check_mpi(MPI_Test(&message->request, &done, MPI_STATUS_IGNORE), "deliver a message");
    message->delivered = done != 0;
  }
  std::erase_if(outgoing_, [](const auto& message) { return message->delivered; });
  return outgoing_.empty();
}

bool Channel::start_receive(std::optional<Tag> tag, std::optional<int> from) {
  if (communicator_ == nullptr) return false;
  int found = 0;
  MPI_Message handle = MPI_MESSAGE_NULL;
  MPI_Status status;
  check_mpi(MPI_Improbe(from.value_or(MPI_ANY_SOURCE), tag ? static_cast<int>(*tag) : MPI_ANY_TAG,
                        communicator_->handle, &found, &handle, &status),
            "look for messages");
  if (found == 0) return false;
  int size = 0;
  check_mpi(MPI_Get_count(&status, MPI_BYTE, &size), "measure a message");
  auto message = std::make_unique<Incoming>();
  message->from = status.MPI_SOURCE;
  message->tag = static_cast<Tag>(status.MPI_TAG);
  message->bytes.resize(static_cast<std::size_t>(size));
  check_mpi(MPI_Imrecv(message->bytes.data(), size, MPI_BYTE, &handle, &message->request),
            "receive a message");
  incoming_.push_back(std::move(message));
  return true;
}

std::optional<Message> Channel::take_received(Tag tag, std::optional<int> from) {
  std::vector<int> incomplete;  // senders of an earlier message that a later one must not overtake
  for (auto at = incoming_.begin(); at != incoming_.end(); ++at) {
    Incoming& message = **at;
    if (message.tag != tag || message.from != from.value_or(message.from)) continue;
    if (std::ranges::count(incomplete, message.from) > 0) continue;
    if (!message.complete()) {
      incomplete.push_back(message.from);
      continue;
    }
    Message taken{message.from, std::move(message.bytes)};
    incoming_.erase(at);
    return taken;
  }
  return std::nullopt;
}

std::string Channel::late_receivers() const {
  std::string list;
  for (int rank = 0; rank < size(); ++rank) {
    if (std::ranges::none_of(outgoing_, [&](const auto& message) { return message->to == rank; })) continue;
    list += (list.empty() ? "" : ", ") + describe(rank);
  }
  return list;
}

void Channel::flush(Deadline deadline) {
  Backoff backoff;
  while (!progress()) {
    if (deadline.passed()) {
      throw RunError("messages of " + describe(rank_) + " were not taken within " + limit_text(deadline) +
                     " by " + late_receivers() + "; look there for a hanging or overloaded process");
    }
    // Two ranks that flush large messages to each other both wait for a receiver: take in what comes.
    if (!start_receive(std::nullopt, std::nullopt)) backoff.wait();
  }
}

}  // namespace infer
