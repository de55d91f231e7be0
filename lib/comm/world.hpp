// The process's membership in the MPI job: from its start to its end, on which host, and how to leave.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "comm/channel.hpp"
#include "comm/launch.hpp"

namespace infer {

/// MPI's own start and end cannot be interrupted: how long they may take before the process is ended.
struct MpiLimits {
  Seconds start{300};  ///< ranks do not start at the same time
  Seconds end{60};
};

/// MPI from construction to destruction; create exactly one, in main, before anything that may throw.
/// The destructor finalizes on the normal path only: an error must end in abort(), or the other ranks hang.
/// Main thread only. Started alone (is_started_alone()), the process is rank 0 of 1 and MPI is left alone:
/// Open MPI 4.1 takes 0.3 s to start a job of one by itself, which is more than all the rest of a start.
class World {
 public:
  /// Told what did not come to an end in which time, or that MPI could not start, from any thread; the
  /// process ends when it returns.
  using OnHang = std::function<void(const std::string& message)>;

  /// `alone`: MPI is left alone whatever the launcher says. Throws RunError when MPI grants less than
  /// MPI_THREAD_FUNNELED.
  explicit World(
      int& argc, char**& argv, MpiLimits limits = {}, OnHang on_hang = [](const std::string&) {},
      bool alone = is_started_alone());
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  /// Of all ranks.
  Channel& channel() { return *channel_; }
  /// Among the ranks that share this host's memory, found by MPI itself: right under mpirun and srun.
  int local_rank() const { return local_rank_; }
  int local_size() const { return local_size_; }
  /// Of these the lowest, as a rank of channel().
  int first_local_rank() const { return first_local_rank_; }

  /// Ends all ranks at once with this exit code (1 to 125). The only way out after an error on one rank
  /// alone.
  [[noreturn]] void abort(int exit_code);

 private:
  void start(int& argc, char**& argv);
  void find_local_rank(int rank);
  std::vector<std::string> find_hosts(int size) const;

  const MpiLimits limits_;
  const OnHang on_hang_;
  const int uncaught_at_start_;
  const bool alone_;
  int local_rank_ = 0;
  int local_size_ = 1;
  int first_local_rank_ = 0;
  std::unique_ptr<Communicator> all_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace infer
