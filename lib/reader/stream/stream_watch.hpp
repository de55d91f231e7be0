// What the thread that reads a stream and its owner tell each other beside the chunks: that it is to end, and
// since when it has been in one read.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace infer {

/// Thrown in the reading thread when its work is not wanted any more.
struct StreamStopped {};

/// Thread-safe.
class StreamWatch {
 public:
  void stop() { stopped_ = true; }
  void throw_if_stopped() const {
    if (stopped_) throw StreamStopped();
  }

  /// Of a file that must give its bytes at once. Does `work`, which is one read, and returns what that does.
  template <class Work>
  auto during_read(const std::string& path, Work work) {
    set_read(Read{path, Clock::now()});
    const Ending ending{*this};
    return work();
  }

  struct Read {
    std::string path;
    Clock::time_point since;
  };
  /// The one that is under way.
  std::optional<Read> read() const {
    std::lock_guard lock(mutex_);
    return read_;
  }

 private:
  struct Ending {
    StreamWatch& watch;
    ~Ending() { watch.set_read(std::nullopt); }
  };

  void set_read(std::optional<Read> read) {
    std::lock_guard lock(mutex_);
    read_ = std::move(read);
  }

  std::atomic<bool> stopped_{false};
  mutable std::mutex mutex_;
  std::optional<Read> read_;
};

}  // namespace infer
