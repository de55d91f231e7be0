// NAME.journal as the lock on the output NAME: two runs never write one file, also where the file system has
// no locks, or has them within a host only.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "writer/journal/journal_text.hpp"

namespace infer {

/// How often the owner shows that it lives, and how long another run watches for that: several beats.
struct ClaimTimes {
  Seconds beat{2};
  Seconds watch{9};
};

/// Thread-compatible; owns a thread that changes the file's time, whatever the others wait for.
class Claim {
 public:
  /// Opens or creates `path` and writes down who has it. Throws UsageError for a file that is none of ours,
  /// which stays as it is, and, with host, process and job, for one that a run has which lives. The kernel's
  /// lock tells that where it reaches; a dead run's is gone with it. Where it may not reach, a silent owner
  /// is watched for `times.watch`, and of two runs that take over from it at once the first one has it.
  explicit Claim(std::string path, ClaimTimes times = {});
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  /// Gives up the lock; the file stays.
  ~Claim();

  const std::string& path() const { return path_; }
  int fd() const { return fd_->get(); }
  const Owner& self() const { return self_; }
  /// What an earlier run left.
  const JournalText& found() const { return found_; }

  /// Whether the file is still this run's: another takes it that has not seen for long that this one lives.
  bool holds() const;
  /// Throws RunError when it does not.
  void check() const;

  /// Gives the file its name once more. Throws UsageError where the file system cannot rename.
  void check_rename();

  /// Creates `path` + ".new" with `content`, on disk, and locked; what a run that died left there is dropped.
  /// Throws RunError.
  UniqueFd write_new(const std::string& content) const;
  std::string new_path() const { return path_ + ".new"; }
  /// What write_new() returned has been renamed to path().
  void move_to(UniqueFd fd);

 private:
  bool open_and_lock();
  void write_down();
  void be_first() const;

  std::string path_;
  ClaimTimes times_;
  Owner self_;
  mutable std::mutex mutex_;  // of the pointer, which the thread reads
  std::shared_ptr<UniqueFd> fd_;
  bool created_ = false;
  bool lock_reaches_hosts_ = true;
  std::string text_;
  JournalText found_;
  std::jthread heart_;
};

/// What a Claim would find, without taking anything: nothing is written, locked or removed, and a run that
/// has the journal goes on undisturbed. Throws and watches as Claim does. Empty where there is no journal.
JournalText look_at_journal(const std::string& path, ClaimTimes times = {});

/// Throws UsageError when `path` is a file that `is_ours` does not know by its first bytes, or no regular
/// file: nothing that a run needs the name for may destroy it. Without `is_ours` any file will do.
void check_helper(const std::string& path, bool (*is_ours)(std::string_view bytes));

}  // namespace infer
