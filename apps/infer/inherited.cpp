#include "inherited.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <string_view>

#include "base/error.hpp"

namespace infer {
namespace {

bool stdout_was_open = true;  // written before main

void open_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (fd == STDOUT_FILENO) stdout_was_open = false;
    // The lowest free number is this one: those below are open.
    [[maybe_unused]] const int opened = ::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);
  }
}

void say(std::string_view text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

/// A library's constructor has thrown; memory may be what is missing.
[[noreturn]] void speak_and_end() {
  say("infer: cannot start: loading a library failed: ");
  try {
    if (std::current_exception()) std::rethrow_exception(std::current_exception());
  } catch (const std::exception& error) {
    say(error.what());
  } catch (...) {
    say("an exception of unknown type");
  }
  say("; raise the limits of memory and processes (ulimit -v, ulimit -u)\n");
  std::_Exit(static_cast<int>(ExitCode::run_failed));
}

void before_libraries() {
  open_standard_descriptors();
  std::set_terminate(speak_and_end);
}

// Before the constructors of shared libraries, which open files too.
using Function = void (*)();
[[gnu::section(".preinit_array"), gnu::used]] const Function preinit = before_libraries;

}  // namespace

bool has_standard_output() { return stdout_was_open; }

}  // namespace infer
