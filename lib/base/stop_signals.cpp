#include "base/stop_signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr std::array kStopping{SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

// A handler can reach nothing but globals: the only mutable ones of the program.
std::atomic<int> first_signal{0};
std::atomic<bool> early_warning{false};
std::atomic<bool> armed{false};
std::atomic<bool> may_speak{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void say(std::string_view text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

void handle(int number) {
  int none = 0;
  const bool is_first = first_signal.compare_exchange_strong(none, number);
  if (armed && (is_first || number != SIGINT)) return;
  if (may_speak) {
    say(armed ? "infer: stopped at once by a second signal; --resume goes on from the last checkpoint\n"
              : "infer: stopped by a signal before any record was scored\n");
  }
  std::_Exit(static_cast<int>(ExitCode::stopped));
}

void note_early_warning(int) { early_warning = true; }

void set_handler(int number, void (*handler)(int)) {
  struct sigaction before {};
  if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(number, &action, nullptr);
}

/// Some daemons and batch systems start processes with signals blocked.
void unblock(std::span<const int> numbers) {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int number : numbers) ::sigaddset(&signals, number);
  ::sigaddset(&signals, SIGCONT);
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace

StopSignals::StopSignals(bool speaks) {
  may_speak = speaks;
  for (const int number : kStopping) set_handler(number, handle);
  set_handler(SIGCONT, note_early_warning);
  unblock(kStopping);
}

StopSignals::~StopSignals() {
  for (const int number : kStopping) set_handler(number, SIG_DFL);
  set_handler(SIGCONT, SIG_DFL);
  armed = false;
  first_signal = 0;
}

void StopSignals::arm() { armed = true; }

std::string StopSignals::requested() const {
  switch (first_signal) {
    case 0: return "";
    case SIGINT: return "SIGINT";
    case SIGTERM: return "SIGTERM";
    case SIGHUP: return "SIGHUP";
    case SIGUSR1: return "SIGUSR1";
    default: return "SIGUSR2";
  }
}

bool StopSignals::take_early_warning() { return early_warning.exchange(false); }

}  // namespace infer
