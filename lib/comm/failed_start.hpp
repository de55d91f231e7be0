// MPI ends the process where it cannot start, with an exit code that means something else here.
#pragma once

#include <functional>

namespace infer {

/// While it lives, an end of this process by exit() or _exit() calls `last_words`, and the exit code is 3.
/// One at a time.
class FailedStart {
 public:
  explicit FailedStart(std::function<void()> last_words);
  FailedStart(const FailedStart&) = delete;
  FailedStart& operator=(const FailedStart&) = delete;
  ~FailedStart();

 private:
  const std::function<void()> last_words_;
};

}  // namespace infer
