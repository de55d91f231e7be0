#include "comm/session.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <utility>

#include "base/host_name.hpp"
#include "base/watchdog.hpp"
#include "comm/failed_start.hpp"
#include "comm/launch.hpp"
#include "comm/mpi_check.hpp"
#include "comm/waiting.hpp"

namespace infer {
namespace {

// To tell the launcher that the job is over.
constexpr Seconds kFarewellLimit{10.0};

void start_mpi(int& argc, char**& argv) {
  int granted = MPI_THREAD_SINGLE;
  check_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &granted), "start MPI");
  if (granted >= MPI_THREAD_FUNNELED) return;
  MPI_Finalize();
  throw RunError("cannot start: this MPI library does not support programs with threads (it grants level " +
                 std::to_string(granted) + ", MPI_THREAD_FUNNELED is needed); use another build of MPI");
}

/// The state is the letter behind the name, in parentheses; the next field is the parent.
std::optional<pid_t> parent_unless_stopped(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto name_end = text.rfind(')');
  char state = 0;
  pid_t parent = 0;
  std::istringstream fields(name_end == std::string::npos ? "" : text.substr(name_end + 1));
  fields >> state >> parent;
  if (state == 'T' || state == 't') return std::nullopt;
  return parent;
}

/// mpirun or its daemon on this host, without which MPI neither starts nor ends; a shell may be between.
bool is_launcher_stopped() {
  for (pid_t process = ::getppid(); process > 1;) {
    const auto parent = parent_unless_stopped(process);
    if (!parent) return true;
    process = *parent;
  }
  return false;
}

}  // namespace

struct Session::Outgoing {
  int to = 0;
  Bytes bytes;
  MPI_Request request = MPI_REQUEST_NULL;
  bool delivered = false;
};

struct Session::Incoming {
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

Session::Session(int& argc, char**& argv, MpiLimits limits, OnHang on_hang)
    : limits_(limits),
      on_hang_(std::move(on_hang)),
      uncaught_at_start_(std::uncaught_exceptions()),
      alone_(is_started_alone()) {
  if (alone_) {
    hosts_.push_back(host_name());
  } else {
    start(argc, argv);
  }
}

void Session::start(int& argc, char**& argv) {
  const Watchdog watchdog(
      limits_.start,
      [this] {
        on_hang_(
            "MPI did not start within " + limit_text(Deadline(limits_.start)) +
            " (five times --comm-timeout) on host " + host_name() +
            ": another rank may have failed to start, or the hosts cannot reach each other; look at their "
            "network, or raise the limit");
        std::_Exit(static_cast<int>(ExitCode::run_failed));
      },
      is_launcher_stopped);
  {
    const FailedStart failed([this] { on_hang_(failed_start_message(host_name())); });
    start_mpi(argc, argv);
  }
  check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "set the error handler");
  check_mpi(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "ask for the rank");
  check_mpi(MPI_Comm_size(MPI_COMM_WORLD, &size_), "ask for the number of ranks");
  find_local_rank();
  find_hosts();
}

Session::~Session() {
  if (alone_) return;
  // While an error unwinds, other ranks may wait for messages of this one: MPI_Finalize would wait for them,
  // and the error would never be printed. Without it, the launcher ends the job when this process ends.
  if (std::uncaught_exceptions() > uncaught_at_start_) return;
  try {
    flush(Deadline(limits_.end));
  } catch (const std::exception&) {
    return;
  }
  const Watchdog watchdog(
      limits_.end,
      [this] {
        on_hang_("MPI did not end within " + limit_text(Deadline(limits_.end)) + " (--comm-timeout) on " +
                 describe(rank_) + ", although all work is done: another rank is stopped, dead or cut off");
        std::_Exit(static_cast<int>(ExitCode::run_failed));
      },
      is_launcher_stopped);
  MPI_Finalize();
}

void Session::find_local_rank() {
  MPI_Comm local = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &local),
            "find the ranks of this host");
  check_mpi(MPI_Comm_rank(local, &local_rank_), "ask for the local rank");
  check_mpi(MPI_Comm_size(local, &local_size_), "ask for the number of local ranks");
  check_mpi(MPI_Comm_free(&local), "leave the local ranks");
}

void Session::find_hosts() {
  constexpr int kNameSize = MPI_MAX_PROCESSOR_NAME;
  std::vector<char> mine(kNameSize, '\0');
  int length = 0;
  check_mpi(MPI_Get_processor_name(mine.data(), &length), "ask for the host name");
  mine.back() = '\0';
  std::vector<char> all(static_cast<std::size_t>(size_) * kNameSize, '\0');
  check_mpi(MPI_Allgather(mine.data(), kNameSize, MPI_CHAR, all.data(), kNameSize, MPI_CHAR, MPI_COMM_WORLD),
            "exchange host names");
  for (std::size_t at = 0; at < all.size(); at += kNameSize) hosts_.emplace_back(all.data() + at);
}

std::string Session::describe(int rank) const { return rank_name(rank, host_of(rank)); }

void Session::post(int to, Tag tag, Bytes bytes) {
  if (bytes.size() > std::numeric_limits<int>::max()) {
    throw InternalError("a message of " + std::to_string(bytes.size()) + " bytes to " + describe(to) +
                        " is over MPI's limit of 2147483647 bytes and should have been cut");
  }
  if (alone_) {
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
                      static_cast<int>(tag), MPI_COMM_WORLD, &message->request),
            "send to " + describe(to));
  outgoing_.push_back(std::move(message));
}

std::optional<Message> Session::poll(Tag tag, std::optional<int> from) {
  progress();
  auto message = take_received(tag, from);
  if (!message && start_receive(tag, from)) message = take_received(tag, from);
  return message;
}

bool Session::progress() {
  for (auto& message : outgoing_) {
    int done = 0;
    check_mpi(MPI_Test(&message->request, &done, MPI_STATUS_IGNORE), "deliver a message");
    message->delivered = done != 0;
  }
  std::erase_if(outgoing_, [](const auto& message) { return message->delivered; });
  return outgoing_.empty();
}

bool Session::start_receive(std::optional<Tag> tag, std::optional<int> from) {
  if (alone_) return false;
  int found = 0;
  MPI_Message handle = MPI_MESSAGE_NULL;
  MPI_Status status;
  check_mpi(MPI_Improbe(from.value_or(MPI_ANY_SOURCE), tag ? static_cast<int>(*tag) : MPI_ANY_TAG,
                        MPI_COMM_WORLD, &found, &handle, &status),
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

std::optional<Message> Session::take_received(Tag tag, std::optional<int> from) {
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

std::string Session::late_receivers() const {
  std::string list;
  for (int rank = 0; rank < size_; ++rank) {
    if (std::ranges::none_of(outgoing_, [&](const auto& message) { return message->to == rank; })) continue;
    list += (list.empty() ? "" : ", ") + describe(rank);
  }
  return list;
}

void Session::flush(Deadline deadline) {
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

void Session::abort(int exit_code) {
  // MPI tells the launcher, which may be out of reach.
  const Watchdog watchdog(kFarewellLimit, [exit_code] { std::_Exit(exit_code); });
  if (!alone_) MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

}  // namespace infer
