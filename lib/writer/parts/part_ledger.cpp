#include "writer/parts/part_ledger.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace infer {

PartLedger::PartLedger(std::uint64_t chunks, bool leaves_out, const Checkpoint& from)
    : chunks_(chunks), leaves_out_(leaves_out), next_part_((from.chunks + chunks - 1) / chunks) {}

void PartLedger::add(const EncodedChunk& chunk, const Checkpoint& before,
                     const std::vector<std::string>& inputs) {
  const auto& range = chunk.range;
  if (!open_) {
    INFER_ASSERT(range.id == next_part_ * chunks_);
    open_.emplace(Account{{next_part_++, 0, before.file, {before.lines, before.rows}}});
    open_->part.first_record = before.rows;
    open_->part.from = {inputs.at(range.file), range.begin};
  }
  ++open_->order.chunks;
  auto& part = open_->part;
  part.records += chunk.rows;
  part.failed += chunk.failed;
  part.rows += chunk.rows - (leaves_out_ ? chunk.failed : 0);
  part.to = {inputs.at(range.file + range.files - 1), range.end};
}

PartOrder PartLedger::close(Checkpoint until) {
  INFER_ASSERT(open_.has_value());
  open_->until = std::move(until);
  const auto order = open_->order;
  closed_.push_back(*std::exchange(open_, std::nullopt));
  return order;
}

void PartLedger::finished(const FinishedPart& part) {
  const auto account =
      std::ranges::find_if(closed_, [&](const Account& each) { return each.order.part == part.part; });
  INFER_ASSERT(account != closed_.end() && !account->finished);
  account->finished = part;
}

std::optional<LedgerEntry> PartLedger::take_entry() {
  if (closed_.empty() || !closed_.front().finished) return std::nullopt;
  auto account = std::move(closed_.front());
  closed_.pop_front();
  account.part.bytes = account.finished->bytes;
  account.part.digest = account.finished->digest;
  return LedgerEntry{account.order.part, std::move(account.part), std::move(account.until)};
}

}  // namespace infer
