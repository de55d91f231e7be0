#include "writer/journal/claim.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <utility>

#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/host_name.hpp"

namespace infer {
namespace {

constexpr mode_t kFileMode = 0666;
constexpr std::size_t kMostLookedAt = std::size_t{1} << 20U;  ///< of a file that may be anybody's

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

/// What lock() would come to.
Lock lock_to_be_had(int fd) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd, F_OFD_GETLK, &whole) != 0) return Lock::unsupported;
  return whole.l_type == F_UNLCK ? Lock::taken : Lock::held_by_another;
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

/// Stops behind `most` bytes.
std::string read_all(int fd, std::size_t most = std::string::npos) {
  std::string text;
  std::array<char, 65'536> piece;
  while (text.size() < most) {
    const auto got = read_at(fd, std::span<char>(piece), text.size()).bytes;
    if (got == 0) break;
    text.append(piece.data(), got);
  }
  return text;
}

UniqueFd open_to_read(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
}

/// Opened anew each time: network file systems look at the server then.
std::int64_t modified_ns(const std::string& path) {
  const auto fd = open_to_read(path);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return 0;
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec;
}

[[noreturn]] void refuse(const std::string& path, const std::optional<Owner>& owner) {
  throw UsageError("the output of " + path + " is being written by " + describe(owner) +
                   "; wait for it, or give another --output or --errors");
}

/// Of a journal that another process made. A lock may be unsupported, or known to one host only.
bool needs_watch(const JournalText& found, const std::string& text, const std::string& host,
                 bool lock_reaches_hosts) {
  const auto& owner = found.owner;
  if (owner && owner->has_left) return false;
  if (!lock_reaches_hosts) return true;
  return owner ? owner->host != host : text.empty();
}

/// Whether its owner shows that it lives: refused then.
void watch(const std::string& path, Seconds time) {
  const auto before = modified_ns(path);
  for (const Deadline deadline(time); !deadline.passed();) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (modified_ns(path) != before) refuse(path, parse_journal(read_all(open_to_read(path).get())).owner);
  }
}

}  // namespace

void check_helper(const std::string& path, bool (*is_ours)(std::string_view bytes)) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  const bool is_file = S_ISREG(status.st_mode);
  if (is_file && (is_ours == nullptr || is_ours(read_all(open_to_read(path).get(), kMostLookedAt)))) return;
  throw UsageError(path + " is there already and " +
                   (S_ISLNK(status.st_mode) ? "is a link"
                    : is_file               ? "was not made by infer"
                                            : "is no regular file") +
                   ", but a run needs this name beside its output: move it away, or give another --output or "
                   "--errors");
}

JournalText look_at_journal(const std::string& path, ClaimTimes times) {
  while (true) {
    check_helper(path, looks_like_journal);
    const auto file = open_to_read(path);
    if (!file && errno == ENOENT) return {};
    if (!file) throw UsageError(errno_message("cannot read the journal " + path));
    const auto lock = lock_to_be_had(file.get());
    const auto text = read_all(file.get());
    if (!names(path, file.get())) continue;  // replaced by its owner meanwhile, or gone
    auto found = parse_journal(text);
    if (lock == Lock::held_by_another) refuse(path, found.owner);
    if (needs_watch(found, text, host_name(), lock == Lock::taken)) watch(path, times.watch);
    return found;
  }
}

Claim::Claim(std::string path, ClaimTimes times)
    : path_(std::move(path)), times_(times), self_(this_process()) {
  do check_helper(path_, looks_like_journal);
  while (!open_and_lock());
  text_ = read_all(fd());
  found_ = parse_journal(text_);
  // Who creates a file has it.
  const bool watched = !created_ && needs_watch(found_, text_, self_.host, lock_reaches_hosts_);
  if (watched) watch(path_, times_.watch);
  write_down();
  heart_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex sleep;
    std::condition_variable_any woken;
    for (std::unique_lock lock(sleep); !woken.wait_for(lock, stop, times_.beat, [] { return false; });) {
      if (stop.stop_requested()) return;
      const auto file = [this] {
        std::lock_guard guard(mutex_);
        return fd_;
      }();
      ::futimens(file->get(), nullptr);  // without the mutex: it may wait for a sync of this file
    }
  });
  if (watched || (!lock_reaches_hosts_ && !created_)) be_first();
}

Claim::~Claim() = default;

/// False when the file was replaced between opening and locking: to be tried again.
bool Claim::open_and_lock() {
  constexpr int kHow = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  UniqueFd file(::open(path_.c_str(), kHow | O_CREAT | O_EXCL, kFileMode));
  created_ = static_cast<bool>(file);
  if (!file && errno == EEXIST) {
    file = UniqueFd(::open(path_.c_str(), kHow));
    if (!file && errno == ENOENT) return false;
  }
  if (!file) throw UsageError(errno_message("cannot create the journal " + path_));
  const auto result = lock(file.get());
  fd_ = std::make_shared<UniqueFd>(std::move(file));
  if (result == Lock::held_by_another) refuse(path_, parse_journal(read_all(fd())).owner);
  lock_reaches_hosts_ = result == Lock::taken;
  return names(path_, fd());
}

/// Behind what is whole.
void Claim::write_down() {
  const auto whole = static_cast<off_t>(found_.valid_bytes);
  const bool is_torn = found_.valid_bytes < text_.size();
  if ((is_torn && ::ftruncate(fd(), whole) != 0) || !write_all(fd(), journal_line(self_)))
    throw RunError(errno_message("cannot write the journal " + path_));
}

/// Others may have watched the same dead owner: each looks what stands behind its words, after time enough
/// for the file to be the same everywhere.
void Claim::be_first() const {
  ::fsync(fd());
  std::this_thread::sleep_for(std::min(times_.beat, times_.watch / 2));
  const auto text = read_all(open_to_read(path_).get());
  const auto behind = text.substr(std::min<std::size_t>(found_.valid_bytes, text.size()));
  const auto own = journal_line(self_);
  if (holds() && behind.starts_with(own)) return;
  refuse(path_, parse_journal(behind.substr(0, behind.find('\n') + 1)).owner);
}

bool Claim::holds() const { return names(path_, fd()); }

void Claim::check() const {
  if (holds()) return;
  struct stat there {};
  if (::lstat(path_.c_str(), &there) != 0 && errno == ENOENT)
    throw RunError("the journal " + path_ +
                       " was removed or renamed while the run was on: leave the files beside an output alone "
                       "until it is complete, and start again with --overwrite",
                   /*may_go_on=*/false);
  const auto owner = parse_journal(read_all(open_to_read(path_).get())).owner;
  throw RunError("the journal " + path_ + " was taken away from this run" +
                     (owner ? " by " + describe(owner) : std::string()) + ", which did not show for " +
                     std::to_string(static_cast<int>(times_.watch.count())) +
                     " s that it lives: was it stopped, or the file system away?",
                 /*may_go_on=*/false);
}

UniqueFd Claim::write_new(const std::string& content) const {
  constexpr int kHow = O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
  const auto path = new_path();
  UniqueFd file(::open(path.c_str(), kHow, kFileMode));
  if (!file && errno == EEXIST) {
    check_helper(path, looks_like_journal);
    ::unlink(path.c_str());
    file = UniqueFd(::open(path.c_str(), kHow, kFileMode));
  }
  if (!file) throw RunError(errno_message("cannot write the journal " + path_ + " anew"));
  lock(file.get());
  if (write_all(file.get(), content) && ::fdatasync(file.get()) == 0) return file;
  const auto reason = errno_message("cannot write the journal " + path);
  ::unlink(path.c_str());
  throw RunError(reason);
}

void Claim::check_rename() {
  auto next = write_new(text_.substr(0, found_.valid_bytes) + journal_line(self_));
  if (::rename(new_path().c_str(), path_.c_str()) == 0) return move_to(std::move(next));
  const auto reason = errno_message("cannot rename " + new_path() + " to " + path_);
  ::unlink(new_path().c_str());
  throw UsageError(reason +
                   ": a file system that cannot rename cannot give an output its name when it is complete; "
                   "write to another one and copy the file, or to standard output (--output -)");
}

void Claim::move_to(UniqueFd fd) {
  auto next = std::make_shared<UniqueFd>(std::move(fd));
  std::lock_guard guard(mutex_);
  fd_.swap(next);
}

}  // namespace infer
