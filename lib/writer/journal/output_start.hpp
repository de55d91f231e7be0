// What is there of an output before a run begins, and what the run may therefore do: start, go on, or
// nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/choices.hpp"
#include "writer/journal/journal.hpp"
#include "writer/output_name.hpp"

namespace infer {

enum class StartKind {
  anew,
  go_on,             ///< from a checkpoint of the journal
  retry,             ///< take over a finished output and score what failed in it
  already_complete,  ///< nothing is to be done, if the output is made of what this run would make it of
};

/// What is there.
struct FoundOutput {
  StartKind kind = StartKind::anew;
  bool can_resume = false;              ///< the output is a regular file, which has a journal
  JournalText unfinished;               ///< what that says
  std::optional<JournalText> finished;  ///< what the output was made of: for already_complete and a retry

  /// With an unfinished run.
  bool goes_on() const { return kind == StartKind::go_on; }
  /// Scores what failed in a finished run, or goes on with that.
  bool retries() const { return kind == StartKind::retry || (goes_on() && unfinished.run->retry); }
};

/// What is there, and claims on it, which last as long as this.
struct OutputStart : FoundOutput {
  std::unique_ptr<Journal> journal;       ///< null: the output is no regular file, so nothing can be kept
  std::unique_ptr<Journal> errors_claim;  ///< null without an errors file that is a regular one
};

/// Takes output and errors file for this run. Throws UsageError when another run has one of them, when
/// something would be lost that the request does not give up (the message names the ways out), or when there
/// is nothing of what the request wants. Finishes what only lacked its name.
OutputStart claim_output(const OutputNames& names, const StartRequest& request);

/// What claim_output() would find, and the same refusals, without taking or changing anything. An output that
/// only lacks its name counts as one that has it.
FoundOutput look_at_output(const OutputNames& names, const StartRequest& request);

/// Whether files that are there give way to a run's at its end: it was begun so, or is told so now.
inline Existing existing_of(const RunRecord& run, bool overwrite) {
  return run.replace || overwrite ? Existing::is_replaced : Existing::stays;
}

}  // namespace infer
