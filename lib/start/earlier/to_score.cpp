#include "start/earlier/to_score.hpp"

#include "base/error.hpp"
#include "reader/selected_chunks.hpp"
#include "start/earlier/input_scan.hpp"
#include "start/earlier/retry.hpp"
#include "start/earlier/run_record.hpp"

namespace infer {
namespace {

std::uint64_t pick_chunk_bytes(const RunConfig& config, const std::vector<InputFile>& files,
                               const FoundOutput& earlier, std::uint64_t chunk_rows) {
  if (config.input.chunk_bytes) return *config.input.chunk_bytes;
  if (earlier.goes_on()) return earlier.unfinished.run->chunk_bytes;
  if (earlier.finished) return earlier.finished->run->chunk_bytes;
  return choose_chunk_bytes(files, chunk_rows);
}

/// The records that failed in a finished run, in the chunks of `plan`.
class FailedRecords {
 public:
  FailedRecords(const RunConfig& config, const ChunkPlan& plan, const JournalText& finished,
                RunObserver& observer)
      : config_(config), plan_(plan), finished_(finished), observer_(observer) {}

  ToScore find() {
    const auto& then = *finished_.run;
    const bool in_place = has_input(then, plan_.files()) && are_told_apart(config_.input.files);
    auto selected = find_failed_records(
        config_, [&](const SelectedRecord& record) { return in_place ? plan_.chunk_of(record) : 0; });
    ToScore found;
    if (selected.records() == 0) found.nothing_left = "nothing failed in " + config_.output.path;
    found.input_digest = finished_.checkpoints.back().input_digest;
    if (!in_place) selected = find_by_number(selected, then.chunk_bytes, found.input_digest);
    found.selected = std::make_shared<const Selection>(std::move(selected));
    return found;
  }

 private:
  /// The input may have been repaired where it is: then nothing but their numbers tells of records.
  Selection find_by_number(const Selection& then, std::uint64_t chunk_bytes_then,
                           std::uint64_t& input_digest) const {
    Selection now;
    const ChunkPlan plan(plan_.files(), chunk_bytes_then);
    const auto scan =
        scan_input(plan, plan.chunks(), config_.input.max_record_bytes, then,
                   [&](const SelectedRecord& record) { now.add(record, plan_.chunk_of(record)); });
    const auto problem = renumbering_problem(finished_.checkpoints.back().records, scan.records);
    if (!problem.empty())
      throw UsageError("--retry-errors: the input has changed since the run in which records failed, and " +
                       problem +
                       ": give it as it was, but for what is repaired, or score it anew with --overwrite");
    if (scan.input_digest != input_digest)
      observer_.warning(0,
                        "the input has changed since records of it failed: they are taken by their "
                        "numbers, and all other rows stay as they are");
    input_digest = scan.input_digest;
    return now;
  }

  const RunConfig& config_;
  const ChunkPlan& plan_;
  const JournalText& finished_;
  RunObserver& observer_;
};

}  // namespace

ToScore choose_records(const RunConfig& config, const std::vector<InputFile>& files,
                       const FoundOutput& earlier, std::uint64_t chunk_rows, RunObserver& observer) {
  const auto plan = std::make_shared<ChunkPlan>(files, pick_chunk_bytes(config, files, earlier, chunk_rows));
  ToScore to_score;
  to_score.source = plan;
  if (earlier.retries()) {
    to_score = FailedRecords(config, *plan, *earlier.finished, observer).find();
    to_score.source = std::make_shared<SelectedChunks>(plan, to_score.selected);
  }
  if (earlier.kind == StartKind::already_complete)
    to_score.nothing_left = config.output.path + " is complete; --overwrite scores it anew";
  return to_score;
}

}  // namespace infer
