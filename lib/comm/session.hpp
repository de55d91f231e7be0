// The process's membership in the MPI job: who am I, messages between ranks, and how to leave.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace infer {

enum class Tag : int { agreement = 1, broadcast = 2, status = 3, plan = 4, payload = 5 };

struct Message {
  int from = 0;
  Bytes bytes;
};

/// MPI's own start and end cannot be interrupted: how long they may take before the process is ended.
struct MpiLimits {
  Seconds start{300};  ///< ranks do not start at the same time
  Seconds end{60};
};

/// MPI from construction to destruction; create exactly one, in main, before anything that may throw.
/// The destructor finalizes on the normal path only: an error must end in abort(), or the other ranks hang.
/// Main thread only. Started alone (is_started_alone()), the process is rank 0 of 1 and MPI is left alone:
/// Open MPI 4.1 takes 0.3 s to start a job of one by itself, which is more than all the rest of a start.
class Session {
 public:
  /// Told what did not come to an end in which time, or that MPI could not start, from any thread; the
  /// process ends when it returns.
  using OnHang = std::function<void(const std::string& message)>;

  /// Throws RunError when MPI grants less than MPI_THREAD_FUNNELED.
  explicit Session(
      int& argc, char**& argv, MpiLimits limits = {}, OnHang on_hang = [](const std::string&) {});
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  int rank() const { return rank_; }
  int size() const { return size_; }
  /// Among the ranks that share this host's memory, found by MPI itself: right under mpirun and srun.
  int local_rank() const { return local_rank_; }
  int local_size() const { return local_size_; }
  const std::string& host() const { return host_of(rank_); }
  const std::string& host_of(int rank) const { return hosts_.at(static_cast<std::size_t>(rank)); }
  /// "rank 2 (node7)", for messages.
  std::string describe(int rank) const;

  /// Starts a message and returns; delivery goes on inside later calls of poll(). Keeps `bytes` till sent.
  /// At most 2 GiB - 1.
  void post(int to, Tag tag, Bytes bytes);
  /// The next message with this tag, from any rank or from one; empty when none has arrived completely.
  /// Messages of one rank with one tag come in the order they were posted.
  std::optional<Message> poll(Tag tag, std::optional<int> from = std::nullopt);

  /// Moves messages on without waiting; true when all posted ones are delivered.
  bool progress();
  /// A message is on its way in or out: large ones move on only while both sides call progress() or poll().
  bool transferring() const { return !incoming_.empty() || !outgoing_.empty(); }
  /// "rank 2 (node7), rank 3 (node7)": the receivers of posted messages not yet delivered.
  std::string late_receivers() const;
  /// Waits for all posted messages. Throws RunError naming the receivers at the deadline.
  void flush(Deadline deadline);

  /// Ends all ranks at once with this exit code (1 to 125). The only way out after an error on one rank
  /// alone.
  [[noreturn]] void abort(int exit_code);

 private:
  struct Outgoing;
  struct Incoming;
  void start(int& argc, char**& argv);
  void find_local_rank();
  void find_hosts();
  bool start_receive(std::optional<Tag> tag, std::optional<int> from);
  std::optional<Message> take_received(Tag tag, std::optional<int> from);

  const MpiLimits limits_;
  const OnHang on_hang_;
  const int uncaught_at_start_;
  const bool alone_;
  int rank_ = 0;
  int size_ = 1;
  int local_rank_ = 0;
  int local_size_ = 1;
  std::vector<std::string> hosts_;
  std::vector<std::unique_ptr<Outgoing>> outgoing_;
  std::vector<std::unique_ptr<Incoming>> incoming_;
};

/// Sleeps in growing steps up to 1 ms between tries: for loops that poll.
class Backoff {
 public:
  void wait();
  void reset() { tries_ = 0; }

 private:
  int tries_ = 0;
};

/// Thrown by agree() on every rank alike: main returns its code on the normal path, and rank 0 alone prints.
/// Any other error may be one rank's own and must end in Session::abort().
class AgreedError : public Error {
 public:
  using Error::Error;
};

/// Another rank's error, or one about another rank: the message names it.
class RankError : public RunError {
 public:
  using RunError::RunError;
};

/// Collective. Every rank brings its text; rank 0 gets all, in rank order, the others nothing.
/// Throws RunError naming the ranks that did not come by the deadline.
std::vector<std::string> collect(Session& session, const std::string& mine, Deadline deadline);

/// Collective. Rank 0's text, on every rank.
std::string broadcast(Session& session, const std::string& from_root, Deadline deadline);

/// Collective. Runs `phase` on every rank, then all ranks learn whether it worked everywhere. If not, all
/// throw an AgreedError with the message of the lowest failing rank (named, unless all ranks failed alike),
/// and its exit code. Throws RunError naming the ranks that did not come by the deadline; a rank other than 0
/// waits a little longer, so that rank 0, which knows who is late, is the one to speak.
void agree(Session& session, Deadline deadline, const std::function<void()>& phase);

/// Collective. Like agree(), but only rank 0 runs the phase; its message is passed on as it is.
void agree_with_root(Session& session, Deadline deadline, const std::function<void()>& phase);

}  // namespace infer
