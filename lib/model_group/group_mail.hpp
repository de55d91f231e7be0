// Where the threads that run a group's model, on its first rank, meet the main thread, which talks to the
// others.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/bytes.hpp"
#include "model_group/stage_message.hpp"

namespace infer {

/// Thread-safe.
class GroupMail {
 public:
  // For the threads of the model.

  /// Gives the batch a ticket, hands it over and calls `on_handed_over`, then waits for the answer. On the
  /// main thread it moves the mail meanwhile. Throws RunError once closed, OutOfMemory for a batch that no
  /// message holds.
  StageAnswer exchange(StageBatch batch, const std::function<void()>& on_handed_over);

  // For the main thread.

  /// `move` is called by exchange() on this thread; others ring `on_news`.
  void attend(std::function<void()> move, std::function<void()> on_news);
  std::vector<Bytes> take_outgoing();
  void deliver(StageAnswer answer);
  /// Whoever waits is told that the run ends.
  void close();

 private:
  void post(Bytes message);
  std::optional<StageAnswer> wait(std::uint64_t ticket);
  std::optional<StageAnswer> taken(std::uint64_t ticket);

  std::mutex mutex_;  // of all below
  std::condition_variable delivered_;
  std::uint64_t next_ticket_ = 0;
  std::vector<Bytes> outgoing_;
  std::map<std::uint64_t, StageAnswer> answers_;
  bool closed_ = false;
  std::function<void()> move_;
  std::function<void()> on_news_;
  std::thread::id main_thread_;
};

}  // namespace infer
