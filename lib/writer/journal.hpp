// The journal beside an unfinished output: how far it is on disk, what it is made of, and who writes it. A
// run that ends early, however, goes on from its last checkpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "writer/journal_text.hpp"

namespace infer {

/// How often the owner shows that it lives, and how long another run watches for that. The second must be
/// several times the first.
constexpr Seconds kJournalBeat{2};
constexpr Seconds kJournalWatch{7};

/// Thread-compatible. Locks NAME.journal for as long as it lives, so that two runs never write one output.
class Journal {
 public:
  /// Opens or creates `path`. Throws UsageError naming host, process and job of a run that has it. The lock
  /// is the kernel's, so a dead run's is gone with it. Where the file system has no locks between hosts, a
  /// run of another host is watched for `watch`: one that lives changes the file's time.
  explicit Journal(std::string path, Seconds watch = kJournalWatch);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  /// Removes a journal with nothing to go on from; else notes that the owner has left.
  ~Journal();

  const std::string& path() const { return path_; }
  /// What an earlier run left.
  const JournalText& found() const { return found_; }

  // Each throws RunError when it is not on disk at the end.

  /// Forgets what was found but `kept`, the last checkpoints to go on from.
  void begin(const RunRecord& run, std::vector<Checkpoint> kept);
  void add(const Checkpoint& checkpoint);
  /// The output is complete and has its name.
  void remove();

  /// There are rows from now on: what they are of must stay known, also without a checkpoint.
  void keep() { keep_ = true; }

  /// Shows that the run lives; to be called at least every kJournalBeat.
  void beat() const;

 private:
  bool open_and_lock();
  [[noreturn]] void refuse(const std::optional<Owner>& owner) const;
  void refuse_if_alive(Seconds watch) const;
  void append(std::string_view text);
  void rewrite();
  [[noreturn]] void fail(const std::string& attempt) const;

  std::string path_;
  Owner self_;
  UniqueFd fd_;
  bool lock_reaches_hosts_ = true;
  JournalText found_;
  RunRecord run_;
  std::vector<Checkpoint> last_;  // the newest ones, for rewrite()
  std::size_t lines_ = 0;
  bool keep_ = false;  // there is something to go on from
};

}  // namespace infer
