// Runs a piece of a test in a process of its own: for signals, locks and deaths.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace infer::test {

/// How a process ended. Exactly one of the two is not its default, but for exit code 0.
struct ChildEnd {
  int code = -1;
  int signal = 0;
};

/// Killed at the end at the latest.
class ChildProcess {
 public:
  /// What the child writes to stderr is what read_all() and read_line() return. `action`'s result is its exit
  /// code; 99 for an exception, whose text is written.
  explicit ChildProcess(const std::function<int()>& action) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("cannot create a pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ == 0) {
      ::dup2(ends[1], STDERR_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::_exit(guarded(action));
    }
    ::close(ends[1]);
    text_ = ends[0];
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (pid_ > 0) kill_and_wait();
    ::close(text_);
  }

  static void say(std::string_view text) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  }
  [[noreturn]] static void sleep_for_ever() {
    for (;;) ::pause();
  }

  pid_t pid() const { return pid_; }

  /// Up to the next newline, without it; what there is at the end of the child.
  std::string read_line() {
    std::string line;
    for (char c = 0; ::read(text_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }

  std::string read_all() {
    std::string all;
    for (char c = 0; ::read(text_, &c, 1) == 1;) all += c;
    return all;
  }

  ChildEnd wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? ChildEnd{WEXITSTATUS(status), 0} : ChildEnd{-1, WTERMSIG(status)};
  }

  void kill_and_wait() {
    ::kill(pid_, SIGKILL);
    wait();
  }

 private:
  static int guarded(const std::function<int()>& action) {
    constexpr int kThrown = 99;
    try {
      return action();
    } catch (const std::exception& error) {
      say(error.what());
      return kThrown;
    }
  }

  pid_t pid_ = -1;
  int text_ = -1;
};

}  // namespace infer::test
