// Streams and events: what is put on a stream is done later, in order, by a thread of the stream's own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace simulated {

/// A place in the work of a stream, which is reached once all before it is done. Thread-safe.
class Mark {
 public:
  void reach();
  bool reached() const;
  void wait() const;
  /// When it was.
  std::chrono::steady_clock::time_point time() const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool reached_ = false;
  std::chrono::steady_clock::time_point time_;
};

/// Thread-safe. Its thread lives until the process ends, since work may never finish.
class Stream {
 public:
  Stream();

  void enqueue(std::function<void()> work);
  std::shared_ptr<Mark> mark();
  bool idle() const;
  void wait_idle() const;

 private:
  [[noreturn]] void run();

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  bool busy_ = false;
};

/// The stream of a handle; null is the default stream.
Stream& stream_of(void* handle);
void* make_stream();
/// All streams of this process.
void wait_for_all_streams();

}  // namespace simulated
