// What the writer keeps beside an output that it writes: the journal, and the claim on the errors file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "writer/journal/journal.hpp"
#include "writer/output_name.hpp"

namespace infer {

/// Thread-compatible. Throws as Journal does; does nothing for an output without a journal.
class RunJournal {
 public:
  RunJournal(std::unique_ptr<Journal> journal, std::unique_ptr<Journal> errors_claim)
      : journal_(std::move(journal)), errors_claim_(std::move(errors_claim)) {}

  bool is_kept() const { return journal_ != nullptr; }

  void begin(const RunRecord& run, const Checkpoint& from, const OutputPath& output);
  /// Before each write: what rows are of must stay known, and whose the failed ones are.
  void keep_claims();
  /// Whether a checkpoint after so many chunks would be news.
  bool lacks(std::uint64_t chunks) const { return is_kept() && chunks != kept_chunks_; }
  void add(const Checkpoint& checkpoint);
  /// The files have their names: gives up both, and leaves `record` as Journal::finish().
  void finish(const std::string& record);

 private:
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Journal> errors_claim_;
  std::uint64_t kept_chunks_ = 0;  // of the last checkpoint
};

}  // namespace infer
