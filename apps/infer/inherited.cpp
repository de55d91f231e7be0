#include "inherited.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

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

// Before the constructors of shared libraries, which open files too.
using Function = void (*)();
[[gnu::section(".preinit_array"), gnu::used]] const Function before_libraries = open_standard_descriptors;

}  // namespace

bool has_standard_output() { return stdout_was_open; }

}  // namespace infer
