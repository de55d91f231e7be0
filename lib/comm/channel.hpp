// Messages between the ranks of a group: who am I among them, and who says what to whom.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace infer {

enum class Tag : int {
  agreement = 1,
  broadcast = 2,
  status = 3,
  plan = 4,
  payload = 5,
  relay = 6,
  stage_batch = 7,
  stage_answer = 8
};

struct Message {
  int from = 0;
  Bytes bytes;
};

struct Communicator;  // of MPI: comm/communicator.hpp

/// Ranks are those within the group. Main thread only.
class Channel {
 public:
  /// Of the ranks of `communicator`, which stays the caller's; null: of this process alone, without MPI.
  /// `hosts`: of each rank.
  Channel(const Communicator* communicator, std::vector<std::string> hosts);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  int rank() const { return rank_; }
  int size() const { return static_cast<int>(hosts_.size()); }
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

 private:
  struct Outgoing;
  struct Incoming;
  bool start_receive(std::optional<Tag> tag, std::optional<int> from);
  std::optional<Message> take_received(Tag tag, std::optional<int> from);

  const Communicator* communicator_;
  std::vector<std::string> hosts_;
  int rank_ = 0;
  std::vector<std::unique_ptr<Outgoing>> outgoing_;
  std::vector<std::unique_ptr<Incoming>> incoming_;
};

}  // namespace infer
