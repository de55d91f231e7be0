#include "writer/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include "base/error.hpp"
#include "base/host_name.hpp"
#include "writer/sync_folder.hpp"

namespace infer {
namespace {

constexpr mode_t kFileMode = 0666;
constexpr std::size_t kMostLines = 1000;  ///< then the journal is written anew with what still matters
constexpr std::size_t kKeptCheckpoints = 2;

Owner this_process() {
  Owner owner;
  owner.host = host_name();
  owner.pid = ::getpid();
  for (const char* variable : {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID"}) {
    if (const char* job = std::getenv(variable); job != nullptr && owner.job.empty()) owner.job = job;
  }
  return owner;
}

enum class Lock { taken, held_by_another, unsupported };

Lock lock(int fd) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd, F_OFD_SETLK, &whole) == 0) return Lock::taken;
  return errno == EAGAIN || errno == EACCES ? Lock::held_by_another : Lock::unsupported;
}

/// Whether `path` still names the open file: its owner may have removed or replaced it meanwhile.
bool names(const std::string& path, int fd) {
  struct stat by_name {};
  struct stat by_fd {};
  return ::stat(path.c_str(), &by_name) == 0 && ::fstat(fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino &&
         by_name.st_dev == by_fd.st_dev;
}

std::string describe(const std::optional<Owner>& owner) {
  if (!owner) return "a run that is just starting";
  auto text = "process " + std::to_string(owner->pid) + " on " + owner->host;
  if (!owner->job.empty()) text += ", job " + owner->job;
  return text;
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 65'536> piece;
  for (off_t at = 0;;) {
    const auto got = ::pread(fd, piece.data(), piece.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    at += got;
  }
}

/// Opened anew each time: network file systems look at the server then.
std::int64_t modified_ns(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return 0;
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec;
}

}  // namespace

Journal::Journal(std::string path, Seconds watch) : path_(std::move(path)), self_(this_process()) {
  while (!open_and_lock()) {
  }
  found_ = parse_journal(read_all(fd_.get()));
  refuse_if_alive(watch);
  keep_ = found_.run.has_value();
  if (::ftruncate(fd_.get(), static_cast<off_t>(found_.valid_bytes)) != 0) fail("open");
  append(journal_line(self_));
}

/// False when the file was replaced between opening and locking: to be tried again.
bool Journal::open_and_lock() {
  fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, kFileMode));
  if (!fd_) throw UsageError(errno_message("cannot create the journal " + path_));
  const auto result = lock(fd_.get());
  if (result == Lock::held_by_another) refuse(parse_journal(read_all(fd_.get())).owner);
  lock_reaches_hosts_ = result == Lock::taken;
  return names(path_, fd_.get());
}

void Journal::refuse(const std::optional<Owner>& owner) const {
  throw UsageError("the output of " + path_ + " is being written by " + describe(owner) +
                   "; wait for it, or give another --output");
}

/// A lock may be unsupported, or known to one host only.
void Journal::refuse_if_alive(Seconds watch) const {
  const auto& owner = found_.owner;
  if (!owner || owner->has_left || (lock_reaches_hosts_ && owner->host == self_.host)) return;
  const auto before = modified_ns(path_);
  for (const Deadline deadline(watch); !deadline.passed();) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (modified_ns(path_) != before) refuse(owner);
  }
}

Journal::~Journal() {
  if (!fd_) return;
  if (!keep_) {
    ::unlink(path_.c_str());
    return;
  }
  auto owner = self_;
  owner.has_left = true;
  const auto line = journal_line(owner);
  [[maybe_unused]] const auto written = ::write(fd_.get(), line.data(), line.size());  // a courtesy
}

void Journal::fail(const std::string& attempt) const {
  throw RunError(errno_message("cannot " + attempt + " the journal " + path_));
}

void Journal::append(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Journal::begin(const RunRecord& run, std::vector<Checkpoint> kept) {
  run_ = run;
  last_ = std::move(kept);
  keep_ = !last_.empty();
  rewrite();
}

void Journal::add(const Checkpoint& checkpoint) {
  last_.push_back(checkpoint);
  if (last_.size() > kKeptCheckpoints) last_.erase(last_.begin());
  keep_ = true;
  if (++lines_ > kMostLines) return rewrite();
  append(journal_line(checkpoint));
  if (::fdatasync(fd_.get()) != 0) fail("sync");
}

/// Whole or not at all: a second file takes the first one's name, and its lock is taken before.
void Journal::rewrite() {
  const auto next = path_ + ".new";
  UniqueFd old = std::move(fd_);
  fd_ = UniqueFd(::open(next.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, kFileMode));
  if (!fd_) {
    fd_ = std::move(old);
    fail("write anew");
  }
  lock(fd_.get());
  append(journal_line(self_) + journal_line(run_));
  for (const auto& checkpoint : last_) append(journal_line(checkpoint));
  lines_ = last_.size();
  if (::fdatasync(fd_.get()) != 0) fail("sync");
  if (::rename(next.c_str(), path_.c_str()) != 0) fail("rename");
  sync_folder_of(path_);
}

void Journal::remove() {
  if (::unlink(path_.c_str()) != 0) fail("remove");
  fd_ = {};  // if a power cut brings it back, it says that the output is complete
}

void Journal::beat() const { ::futimens(fd_.get(), nullptr); }

}  // namespace infer
