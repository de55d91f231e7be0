// What a writer's thread and the other threads tell each other beside the chunks.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>

#include "base/clock.hpp"
#include "base/doorbell.hpp"
#include "record/encoded_chunk.hpp"
#include "writer/journal/journal_text.hpp"
#include "writer/writer_progress.hpp"

namespace infer {

/// Thread-safe.
class WriterStatus {
 public:
  WriterStatus(const Checkpoint& from, std::function<void()> on_news);

  // For the others.

  /// To be called before the writer has it.
  void handed_over(const EncodedChunk& chunk);
  WriterProgress progress() const;
  WrittenAccount account() const;
  void rethrow_if_failed() const;
  void hurry() { hurry_ = true; }
  /// No news from now on; waits for a call under way.
  void abandon();
  /// False when the thread has not ended by the time that the caller gives up.
  bool wait_for_end(const std::function<bool()>& gives_up);

  // For the writer's thread.

  /// A write, sync or commit: each has its own time until it is thought to hang.
  void begin_step();
  void end_step();
  // These end a step, too.
  void keeps(const Checkpoint& kept);
  void wrote(const EncodedChunk& chunk, const Checkpoint& so_far, const Checkpoint& kept, std::uint64_t ns);
  void added_checkpoint(std::uint64_t ns);
  void committed(std::uint64_t records);

  /// Whether there was a hurry() since the last call.
  bool take_hurry() { return hurry_.exchange(false); }
  void tell_news();
  void fail(std::exception_ptr failure);
  void end();

 private:
  void show(const Checkpoint& written);
  void show_kept(const Checkpoint& kept);

  std::function<void()> on_news_;  // guarded by the next
  std::mutex news_mutex_;
  mutable std::mutex mutex_;  // guards the next three
  WriterProgress progress_;
  WrittenAccount account_;
  std::exception_ptr failure_;
  std::atomic<bool> hurry_{false};
  std::atomic<bool> ended_{false};
  Doorbell has_ended_;
};

}  // namespace infer
