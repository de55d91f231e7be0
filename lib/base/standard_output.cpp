#include "base/standard_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <thread>

#include "base/file_io.hpp"
#include "base/unique_fd.hpp"

namespace infer {
namespace {

constexpr std::size_t kLongestLine = 8192;
constexpr std::chrono::seconds kFlushLimit{1};

/// The thread that reads what was printed and says it on stderr. Lives as long as the process.
class Prints {
 public:
  Prints(SayPrint say, UniqueFd from, UniqueFd wake)
      : say_(std::move(say)), from_(std::move(from)), wake_(std::move(wake)) {}

  void run() noexcept {
    while (true) {
      std::array<pollfd, 2> ready{pollfd{from_.get(), POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0}};
      if (::poll(ready.data(), ready.size(), -1) < 0) continue;
      const bool is_over = (ready[0].revents & POLLHUP) != 0;
      std::uint64_t asked = 0;
      if (::read(wake_.get(), &asked, sizeof asked) < 0) asked = 0;
      take_all();
      if (asked > 0 || is_over) finish_line();
      if (asked > 0) answer(asked);
      if (is_over) return;
    }
  }

  void flush() {
    const std::uint64_t one = 1;
    std::unique_lock lock(mutex_);
    const auto mine = ++asked_;
    if (::write(wake_.get(), &one, sizeof one) < 0) return;
    done_.wait_for(lock, kFlushLimit, [&] { return answered_ >= mine; });
  }

 private:
  void take_all() {
    std::array<char, 65536> bytes;
    for (ssize_t got = 0; (got = ::read(from_.get(), bytes.data(), bytes.size())) > 0;)
      take({bytes.data(), static_cast<std::size_t>(got)});
  }

  void take(std::string_view text) {
    for (const char c : text) {
      if (c == '\n') {
        say();
      } else {
        line_ += c;
        if (line_.size() >= kLongestLine) say();
      }
    }
  }

  void finish_line() {
    if (!line_.empty()) say();
  }

  void say() {
    say_(line_);
    line_.clear();
  }

  void answer(std::uint64_t asked) {
    {
      const std::lock_guard lock(mutex_);
      answered_ += asked;
    }
    done_.notify_all();
  }

  const SayPrint say_;
  const UniqueFd from_;
  const UniqueFd wake_;
  std::string line_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
};

// A process has one descriptor 1, and so one of each.
std::atomic<int> kept{STDOUT_FILENO};
std::atomic<Prints*> prints{nullptr};

/// Descriptor 1 becomes the end of a pipe; false when that cannot be.
bool take_lines(SayPrint say) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  UniqueFd from(ends[0]);
  const UniqueFd into(ends[1]);
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake || ::fcntl(from.get(), F_SETFL, O_NONBLOCK) != 0) return false;
  auto reader = std::make_unique<Prints>(std::move(say), std::move(from), std::move(wake));
  try {
    std::thread([thread = reader.get()] { thread->run(); }).detach();
  } catch (const std::system_error&) {
    return false;
  }
  prints = reader.release();
  return ::dup2(into.get(), STDOUT_FILENO) >= 0;
}

}  // namespace

int standard_output() { return kept; }

void keep_standard_output(SayPrint say) {
  const int own = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (own < 0) return;
  kept = own;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // a line printed is a line told, whatever happens next
  if (!take_lines(std::move(say))) ::dup2(STDERR_FILENO, STDOUT_FILENO);
}

void flush_prints() noexcept {
  auto* reader = prints.load();
  if (reader == nullptr) return;
  try {
    std::cout.flush();
    std::fflush(stdout);
    reader->flush();
  } catch (const std::exception&) {
    return;  // what is left unsaid is a model's print
  }
}

bool answer_on_standard_output(std::string_view text) { return write_all(standard_output(), text); }

bool is_standard_output(const std::string& path) {
  if (path == "/dev/stdout" || path == "/dev/fd/1" || path == "/proc/self/fd/1") return true;
  struct stat named {};
  struct stat ours {};
  // The pipe that takes prints is known by no other name.
  return prints != nullptr && ::stat(path.c_str(), &named) == 0 && ::fstat(STDOUT_FILENO, &ours) == 0 &&
         named.st_dev == ours.st_dev && named.st_ino == ours.st_ino;
}

}  // namespace infer
