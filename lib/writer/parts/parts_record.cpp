#include "writer/parts/parts_record.hpp"

#include <utility>

#include "writer/parts/part_file.hpp"

namespace infer {

PartsRecord::PartsRecord(const PartsConfig& config, const Checkpoint& from, RowTarget& manifest)
    : config_(config),
      manifest_(manifest),
      ledger_(config.chunks, config.leaves_out, from),
      kept_(from),
      sum_(config.sum),
      has_begun_(from.chunks > 0) {
  if (!kept_.files.empty()) kept_.files.erase(kept_.files.begin());
}

void PartsRecord::add(const EncodedChunk& chunk, const Checkpoint& before, const Checkpoint& behind) {
  ledger_.add(chunk, before, config_.inputs);
  if (ledger_.is_full()) close(behind);
}

void PartsRecord::end(const Checkpoint& behind) {
  if (ledger_.is_open()) close(behind);
}

/// A run that goes on from here has the errors file up to here.
void PartsRecord::close(const Checkpoint& behind) {
  auto until = behind;
  until.files = manifest_.sync_others();
  const auto order = ledger_.close(std::move(until));
  std::lock_guard lock(mutex_);
  orders_.push_back(order);
}

void PartsRecord::finished(const FinishedPart& part) {
  ledger_.finished(part);
  while (auto entry = ledger_.take_entry()) {
    write_line(entry->number, std::move(entry->part));
    kept_ = std::move(entry->until);
  }
}

void PartsRecord::write_line(std::uint64_t number, ManifestPart part) {
  const bool is_first = !std::exchange(has_begun_, true);
  if (is_first) manifest_.write_text(manifest_begin(config_.head));
  part.file = config_.names.file(number);
  manifest_.write_text(manifest_line(part, is_first));
  sum_.add(part);
}

void PartsRecord::write_empty_part() {
  const auto made = PartFile(config_.names.path(0), config_.form).finish({});
  ManifestPart part;
  if (!config_.inputs.empty()) part.from.file = part.to.file = config_.inputs.front();
  part.bytes = made.bytes;
  part.digest = made.digest;
  write_line(0, std::move(part));
}

void PartsRecord::finish() {
  if (!has_begun_) {
    write_empty_part();
    kept_.files = manifest_.sync_others();
  }
  manifest_.write_text(manifest_end(sum_));
}

void PartsRecord::remove_replaced() const { remove_other_parts(config_.names); }

std::vector<PartOrder> PartsRecord::take_orders() {
  std::lock_guard lock(mutex_);
  return std::exchange(orders_, {});
}

}  // namespace infer
