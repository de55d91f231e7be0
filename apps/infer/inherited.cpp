#include "inherited.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
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

/// MKL, which is loaded before main, looks there for itself, and ends the process with words that name a
/// library.
void require_current_folder() {
  std::array<char, PATH_MAX> name{};
  if (::getcwd(name.data(), name.size()) != nullptr || errno != ENOENT) return;
  say("infer: cannot start: the current folder has been removed; change into one that exists (cd \"$PWD\", "
      "where it was made "
      "anew)\n");
  std::_Exit(static_cast<int>(ExitCode::usage));
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

/// OpenMP binds the thread that loads it to one core by these, and with it all that infer starts: its threads
/// are the launcher's cores' to share.
void drop_openmp_binding(char** environment) {
  constexpr std::array<std::string_view, 3> kBinding{"OMP_PROC_BIND=", "OMP_PLACES=", "GOMP_CPU_AFFINITY="};
  auto** kept = environment;
  for (auto** variable = environment; *variable != nullptr; ++variable) {
    const auto binds = [&](std::string_view name) { return std::string_view(*variable).starts_with(name); };
    if (std::ranges::none_of(kBinding, binds)) *kept++ = *variable;
  }
  *kept = nullptr;
}

void before_libraries(int /*argc*/, char** /*argv*/, char** environment) {
  open_standard_descriptors();
  drop_openmp_binding(environment);
  require_current_folder();
  std::set_terminate(speak_and_end);
}

// Before the constructors of shared libraries, which open files too.
using Function = void (*)(int, char**, char**);
[[gnu::section(".preinit_array"), gnu::used]] const Function preinit = before_libraries;

}  // namespace

bool has_standard_output() { return stdout_was_open; }

}  // namespace infer
