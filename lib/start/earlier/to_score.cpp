#include "start/earlier/to_score.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "reader/chunk_plan.hpp"
#include "reader/chunk_size.hpp"
#include "reader/selected_chunks.hpp"
#include "reader/stream/stream_source.hpp"
#include "start/earlier/input_scan.hpp"
#include "start/earlier/retry.hpp"
#include "start/earlier/run_record.hpp"
#include "start/parts/parts_setup.hpp"
#include "start/stage_config.hpp"

namespace infer {
namespace {

using ChunkOf = std::function<std::uint64_t(const SelectedRecord&)>;

/// The records that failed in a finished run, by the chunks in which they are now.
class FailedRecords {
 public:
  FailedRecords(const RunConfig& config, const std::vector<InputFile>& files, ChunkOf chunk_of,
                const JournalText& finished, RunObserver& observer)
      : config_(config),
        files_(files),
        chunk_of_(std::move(chunk_of)),
        finished_(finished),
        observer_(observer) {}

  ToScore find() {
    const auto& then = *finished_.run;
    const bool in_place = has_input(then, files_) && are_told_apart(config_.input.files);
    const auto cut = std::make_shared<InputCut>(earlier_part_chunks(then), input_names(config_.input));
    auto selected = find_failed_records(
        config_, [&](const SelectedRecord& record) { return in_place ? chunk_of_(record) : 0; });
    ToScore found;
    if (selected.records() == 0) found.nothing_left = "nothing failed in " + config_.output.path;
    found.input_digest = finished_.checkpoints.back().input_digest;
    if (!in_place) {
      selected = find_by_number(selected, then.chunk_bytes, found.input_digest, *cut);
      found.cut = cut;
    } else if (shows_no_chunks(config_.output) && selected.records() > 0) {
      observer_.notice("reading the input to see which records were left out of which packed piece");
      scan(then.chunk_bytes, {}, nullptr, *cut);
      found.cut = cut;
    }
    found.selected = std::make_shared<const Selection>(std::move(selected));
    return found;
  }

 private:
  /// The input may have been repaired where it is: then nothing but their numbers tells of records. Of tables
  /// nobody knows yet which columns the digest is of.
  Selection find_by_number(const Selection& then, std::uint64_t chunk_bytes_then, std::uint64_t& input_digest,
                           InputCut& cut) const {
    Selection now;
    const bool has_tables = !is_stream(files_) && std::ranges::any_of(files_, &InputFile::is_table);
    const auto found = scan(
        chunk_bytes_then, then, [&](const SelectedRecord& record) { now.add(record, chunk_of_(record)); },
        cut);
    const auto problem = renumbering_problem(finished_.checkpoints.back().records, found.records);
    if (!problem.empty())
      throw UsageError("--retry-errors: the input has changed since the run in which records failed, and " +
                       problem +
                       ": give it as it was, but for what is repaired, or score it anew with --overwrite");
    if (has_tables || found.input_digest != input_digest)
      observer_.warning(0,
                        "the input has changed since records of it failed: they are taken by their "
                        "numbers, and all other rows stay as they are");
    input_digest = has_tables ? 0 : found.input_digest;
    return now;
  }

  InputScan scan(std::uint64_t chunk_bytes, const Selection& wanted,
                 const std::function<void(const SelectedRecord&)>& found, InputCut& cut) const {
    const auto source = whole_input(config_, files_, chunk_bytes);
    return scan_input(*source, config_.input.max_record_bytes, wanted, found,
                      [&](const ChunkRange& range, std::uint64_t records) { cut.add(range, records); });
  }

  const RunConfig& config_;
  const std::vector<InputFile>& files_;
  ChunkOf chunk_of_;
  const JournalText& finished_;
  RunObserver& observer_;
};

/// `what` reads it twice.
void require_files_that_stay(const std::vector<InputFile>& files, const std::string& what) {
  const auto once = std::ranges::find_if_not(files, &InputFile::stays);
  if (once == files.end()) return;
  throw UsageError(what + ", which cannot be done in " + once->path +
                   (once->kind == InputKind::pipe ? ", a pipe" : "") +
                   ": write its bytes to a file (cat > records.jsonl) and give that as --input");
}

/// --limit and --sample are by numbers, and nobody knows where record N is but who has counted.
std::shared_ptr<const Selection> choose_by_number(const RunConfig& config, Source& whole,
                                                  const ChunkOf& chunk_of, RunObserver& observer) {
  constexpr double kLongRead = 5;
  const auto choice = record_choice(config.input);
  if (!choice.limit && scan_time(whole.files()) > Seconds(kLongRead))
    observer.notice("--sample: reading the input once to count its records");
  return std::make_shared<const Selection>(
      chosen_records(whole, choice, config.input.max_record_bytes, chunk_of));
}

/// So many records that about as many of them as `wanted` are scored, for batches do not cross chunks; fewer
/// where a limit would leave ranks without work.
std::uint64_t chunk_rows_for(const InputOptions& input, std::uint64_t wanted) {
  constexpr std::uint64_t kChunks = 64;
  constexpr std::uint64_t kLeast = 128;
  constexpr double kMost = 1000;
  const auto share = record_choice(input).share.value_or(1);
  const auto rows = static_cast<std::uint64_t>(static_cast<double>(wanted) * std::min(1 / share, kMost));
  return input.limit ? std::min(rows, std::max(*input.limit / kChunks, kLeast)) : rows;
}

/// Of files that every rank reads.
ToScore choose_in_files(const RunConfig& config, const std::vector<InputFile>& files,
                        const FoundOutput& earlier, std::uint64_t chunk_bytes, RunObserver& observer) {
  const auto plan = std::make_shared<ChunkPlan>(files, chunk_bytes);
  const auto chunk_of = [&plan](const SelectedRecord& record) { return plan->chunk_of(record); };
  if (!record_choice(config.input).is_all()) {
    ChunkPlan whole(files, chunk_bytes);
    return {std::make_shared<SelectedChunks>(plan, choose_by_number(config, whole, chunk_of, observer))};
  }
  if (!earlier.retries()) return {plan};
  auto to_score = FailedRecords(config, files, chunk_of, *earlier.finished, observer).find();
  to_score.source = std::make_shared<SelectedChunks>(plan, to_score.selected);
  return to_score;
}

StreamConfig stream_for(const RunConfig& config, const std::vector<InputFile>& files,
                        std::optional<std::uint64_t> chunk_bytes, std::uint64_t chunk_rows, int ranks) {
  auto stream = stream_config(config, files, chunk_bytes, chunk_rows);
  stream.bytes_ahead = stream_bytes_ahead(config.output, ranks);
  return stream;
}

/// Of a stream, whose chunks are as large where its first records say nothing else.
ToScore choose_in_stream(const RunConfig& config, StreamConfig stream, const FoundOutput& earlier,
                         RunObserver& observer) {
  ToScore to_score;
  if (!record_choice(config.input).is_all()) {
    require_files_that_stay(stream.files,
                            "--limit and --sample count records, and then read the chosen ones");
    StreamSource whole(stream);
    wait_for_records(whole);
    stream.chunk_bytes = whole.chunk_bytes();
    stream.selection = choose_by_number(
        config, whole, [&](const SelectedRecord& record) { return record.offset / *stream.chunk_bytes; },
        observer);
  } else if (earlier.retries()) {
    require_files_that_stay(stream.files, "--retry-errors looks for the records that failed");
    const auto chunk_bytes = stream.chunk_bytes.value();
    const auto chunk_of = [&](const SelectedRecord& record) { return record.offset / chunk_bytes; };
    to_score = FailedRecords(config, stream.files, chunk_of, *earlier.finished, observer).find();
    stream.selection = to_score.selected;
  }
  to_score.source = std::make_shared<StreamSource>(std::move(stream));
  return to_score;
}

}  // namespace

std::optional<std::uint64_t> known_chunk_bytes(const RunConfig& config, const FoundOutput& earlier) {
  if (config.input.chunk_bytes) return *config.input.chunk_bytes;
  if (earlier.goes_on()) return earlier.unfinished.run->chunk_bytes;
  if (earlier.finished) return earlier.finished->run->chunk_bytes;
  return std::nullopt;
}

ToScore choose_records(const RunConfig& config, const std::vector<InputFile>& files,
                       const FoundOutput& earlier, std::uint64_t rows_to_score, int ranks,
                       RunObserver& observer) {
  const auto chunk_bytes = known_chunk_bytes(config, earlier);
  const auto chunk_rows = chunk_rows_for(config.input, rows_to_score);
  if (is_stream(files))
    return choose_in_stream(config, stream_for(config, files, chunk_bytes, chunk_rows, ranks), earlier,
                            observer);
  return choose_in_files(config, files, earlier,
                         chunk_bytes ? *chunk_bytes : choose_chunk_bytes(files, chunk_rows), observer);
}

}  // namespace infer
