// A replaced file that a thread of its own writes: a disk that hangs keeps nobody waiting.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.hpp"

namespace infer {

/// Thread-compatible; owns its thread.
class BackgroundFile {
 public:
  explicit BackgroundFile(std::string path);
  BackgroundFile(const BackgroundFile&) = delete;
  BackgroundFile& operator=(const BackgroundFile&) = delete;
  /// Waits for nothing: a thread that is still writing is left behind with all it needs.
  ~BackgroundFile();

  /// To be written next; what has not been begun by then is left out.
  void put(std::string text);

  /// Waits until what was put is on disk. Returns why the last of it is not; empty when it is.
  std::string finish(Seconds limit);

 private:
  struct Work;

  std::shared_ptr<Work> work_;
  std::jthread thread_;
};

}  // namespace infer
