#include "comm/failed_start.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <utility>

#include "base/error.hpp"

namespace infer {
namespace {

// An end of the process can reach nothing but globals.
std::atomic<const std::function<void()>*> words{nullptr};
std::atomic<pid_t> starter{0};  ///< MPI may start processes of its own

void end_differently() {
  if (starter != ::getpid()) return;
  const auto* last_words = words.exchange(nullptr);
  if (last_words == nullptr) return;
  (*last_words)();
  std::_Exit(static_cast<int>(ExitCode::run_failed));
}

}  // namespace

FailedStart::FailedStart(std::function<void()> last_words) : last_words_(std::move(last_words)) {
  std::atexit(end_differently);
  starter = ::getpid();
  words = &last_words_;
}

FailedStart::~FailedStart() { words = nullptr; }

}  // namespace infer

/// Open MPI 4.1 calls this one, which no handler of atexit() sees; libraries find the program's before
/// libc's.
extern "C" void _exit(int code) {
  infer::end_differently();
  for (;;) ::syscall(SYS_exit_group, code);
}
