// The journal beside an unfinished output: how far it is on disk, what it is made of, and who writes it. A
// run that ends early, however, goes on from its last checkpoint. Once the output is complete, what it was
// made of stays beside it as NAME.run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "writer/journal/claim.hpp"
#include "writer/journal/journal_text.hpp"

namespace infer {

/// Thread-compatible. Has the claim on its output for as long as it lives.
class Journal {
 public:
  /// Throws as Claim does.
  explicit Journal(std::string path, ClaimTimes times = {});
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  /// Removes a journal with nothing to go on from; else notes that the owner has left.
  ~Journal();

  const std::string& path() const { return claim_.path(); }
  /// What an earlier run left.
  const JournalText& found() const { return claim_.found(); }

  // Each throws RunError when it is not on disk at the end, or the claim is lost.

  /// Forgets what was found but `kept`, the last checkpoints to go on from.
  void begin(const RunRecord& run, std::vector<Checkpoint> kept);
  void add(const Checkpoint& checkpoint);
  /// The last checkpoint, added or found, is complete and the files have their names: says in `record`, which
  /// is replaced, what they are a function of, and removes the journal.
  void finish(const std::string& record);
  void remove();

  /// There are rows from now on: what they are of must stay known, also without a checkpoint.
  void keep() { keep_ = true; }

  /// Throws RunError when another run has the output by now.
  void check_claim() const { claim_.check(); }

  /// Throws UsageError where no file can be renamed. A journal of a run shows that it can.
  void check_rename() {
    if (!found().run) claim_.check_rename();
  }

 private:
  void append(std::string_view text);
  void rewrite();
  [[noreturn]] void fail(const std::string& attempt) const;

  Claim claim_;
  RunRecord run_;
  std::vector<Checkpoint> last_;  // the newest ones, for rewrite()
  std::size_t lines_ = 0;
  bool keep_ = false;  // there is something to go on from
  bool gone_ = false;
};

}  // namespace infer
