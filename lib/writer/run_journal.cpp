#include "writer/run_journal.hpp"

#include <vector>

#include "writer/journal/errors_owner.hpp"

namespace infer {

void RunJournal::begin(const RunRecord& run, const Checkpoint& from, const OutputPath& output) {
  if (!journal_) return;
  kept_chunks_ = from.chunks;
  const bool goes_on = from.chunks > 0;
  journal_->begin(run, goes_on ? std::vector{from} : std::vector<Checkpoint>{});
  if (errors_claim_) errors_claim_->begin(claim_record(output), {});
  if (goes_on) keep_claims();
}

void RunJournal::keep_claims() {
  if (!journal_) return;
  journal_->check_claim();
  journal_->keep();
  if (!errors_claim_) return;
  errors_claim_->check_claim();
  errors_claim_->keep();
}

void RunJournal::add(const Checkpoint& checkpoint) {
  if (!journal_) return;
  journal_->add(checkpoint);
  kept_chunks_ = checkpoint.chunks;
}

void RunJournal::finish(const std::string& record) {
  if (errors_claim_) errors_claim_->remove();
  if (journal_) journal_->finish(record);
  journal_.reset();
  errors_claim_.reset();
}

}  // namespace infer
