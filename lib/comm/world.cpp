#include "comm/world.hpp"

#include <mpi.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/host_name.hpp"
#include "base/watchdog.hpp"
#include "comm/communicator.hpp"
#include "comm/failed_start.hpp"
#include "comm/mpi_check.hpp"
#include "comm/pmix.hpp"
#include "comm/waiting.hpp"

namespace infer {
namespace {

// To tell the launcher that the job is over.
constexpr Seconds kFarewellLimit{10.0};

void start_mpi(int& argc, char**& argv) {
  int granted = MPI_THREAD_SINGLE;
  check_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &granted), "start MPI");
  if (may_have_no_barrier()) wait_by_exchange();
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

World::World(int& argc, char**& argv, MpiLimits limits, OnHang on_hang, bool alone)
    : limits_(limits),
      on_hang_(std::move(on_hang)),
      uncaught_at_start_(std::uncaught_exceptions()),
      alone_(alone) {
  if (alone_) {
    channel_ = std::make_unique<Channel>(nullptr, std::vector{host_name()});
  } else {
    start(argc, argv);
  }
}

void World::start(int& argc, char**& argv) {
  const Watchdog watchdog(
      limits_.start,
      [this] {
        on_hang_(
            "MPI did not start within " + limit_text(Deadline(limits_.start)) +
            " (twelve times --comm-timeout) on host " + host_name() +
            ": another rank may have failed to start, or the hosts cannot reach each other; look at their "
            "network, or raise the limit");
        std::_Exit(static_cast<int>(ExitCode::run_failed));
      },
      is_launcher_stopped);
  {
    const FailedStart failed([this] { on_hang_(failed_start_message(host_name())); });
    start_mpi(argc, argv);
  }
  all_ = std::make_unique<Communicator>(MPI_COMM_WORLD);
  check_mpi(MPI_Comm_set_errhandler(all_->handle, MPI_ERRORS_RETURN), "set the error handler");
  int rank = 0;
  int size = 1;
  check_mpi(MPI_Comm_rank(all_->handle, &rank), "ask for the rank");
  check_mpi(MPI_Comm_size(all_->handle, &size), "ask for the number of ranks");
  find_local_rank(rank);
  channel_ = std::make_unique<Channel>(all_.get(), find_hosts(size));
}

World::~World() {
  if (alone_) return;
  // While an error unwinds, other ranks may wait for messages of this one: MPI_Finalize would wait for them,
  // and the error would never be printed. Without it, the launcher ends the job when this process ends.
  if (std::uncaught_exceptions() > uncaught_at_start_) return;
  try {
    channel_->flush(Deadline(limits_.end));
  } catch (const std::exception&) {
    return;
  }
  const Watchdog watchdog(
      limits_.end,
      [this] {
        on_hang_("MPI did not end within " + limit_text(Deadline(limits_.end)) + " (--comm-timeout) on " +
                 channel_->describe(channel_->rank()) +
                 ", although all work is done: another rank is stopped, dead or cut off");
        std::_Exit(static_cast<int>(ExitCode::run_failed));
      },
      is_launcher_stopped);
  MPI_Finalize();
}

void World::find_local_rank(int rank) {
  MPI_Comm local = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(all_->handle, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &local),
            "find the ranks of this host");
  check_mpi(MPI_Comm_rank(local, &local_rank_), "ask for the local rank");
  check_mpi(MPI_Comm_size(local, &local_size_), "ask for the number of local ranks");
  first_local_rank_ = rank;
  check_mpi(MPI_Bcast(&first_local_rank_, 1, MPI_INT, 0, local), "ask for the first local rank");
  check_mpi(MPI_Comm_free(&local), "leave the local ranks");
}

std::vector<std::string> World::find_hosts(int size) const {
  constexpr int kNameSize = MPI_MAX_PROCESSOR_NAME;
  std::vector<char> mine(kNameSize, '\0');
  int length = 0;
  check_mpi(MPI_Get_processor_name(mine.data(), &length), "ask for the host name");
  mine.back() = '\0';
  std::vector<char> all(static_cast<std::size_t>(size) * kNameSize, '\0');
  check_mpi(MPI_Allgather(mine.data(), kNameSize, MPI_CHAR, all.data(), kNameSize, MPI_CHAR, all_->handle),
            "exchange host names");
  std::vector<std::string> hosts;
  for (std::size_t at = 0; at < all.size(); at += kNameSize) hosts.emplace_back(all.data() + at);
  return hosts;
}

void World::abort(int exit_code) {
  // MPI tells the launcher, which may be out of reach.
  const Watchdog watchdog(kFarewellLimit, [exit_code] { std::_Exit(exit_code); });
  if (!alone_) MPI_Abort(all_->handle, exit_code);
  std::_Exit(exit_code);
}

}  // namespace infer
