#include "check/first_records_lines.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "check/collected_warnings.hpp"
#include "check/input_lines.hpp"
#include "check/model_lines.hpp"
#include "check/output_lines.hpp"
#include "check/sample_score.hpp"
#include "decoder/decoder.hpp"
#include "start/earlier/retry.hpp"
#include "start/earlier/run_start.hpp"
#include "start/earlier/to_score.hpp"
#include "start/stage_config.hpp"

namespace infer {
namespace {

constexpr std::size_t kMostLookedAt = 256;  ///< for records that can be scored

/// Rank 0's part: what the first records are, what comes of them, and where the run would begin.
class FirstRecordsCheck {
 public:
  FirstRecordsCheck(Channel& channel, const RunConfig& config, KnownSoFar& known, Checklist& list)
      : channel_(channel), config_(config), known_(known), list_(list) {}

  void run() {
    if (!known_.files || !known_.model) {
      const char* lacking = known_.files ? "load" : "input";
      return skip({"trial", "signature", "records", "scored", "start", "disk"}, lacking);
    }
    const auto chosen = finding_by([&] {
      to_score_ = choose_records(config_, *known_.files, known_.earlier.value_or(FoundOutput()),
                                 chunk_rows(known_.share->runners, *known_.file), channel_.size(), warnings_);
      wait_for_records(*to_score_.source);
      return Finding();
    });
    if (chosen.verdict != Verdict::ok) return skip_around_start(chosen);
    auto scorer = check_trial(channel_, config_, std::move(*known_.model), *to_score_.source, list_);
    if (!scorer) return skip({"records", "scored", "start", "disk"}, "trial");
    pipeline_ = pipeline_config(config_, {scoring_config(config_, *scorer)}, scorer->model, *known_.files,
                                known_.share->pool_threads);
    check_records(config_, *known_.files, pipeline_.scorings.front().decoder, list_);
    check_score(*scorer);
    check_start();
    check_room();
  }

 private:
  void skip(std::initializer_list<const char*> lines, const std::string& lacking) {
    for (const char* line : lines) list_.on_root(line, [&] { return not_looked_at(lacking); });
  }
  void skip_around_start(const Finding& start) {
    skip({"trial", "signature", "records", "scored"}, "start");
    list_.on_root("start", [&] { return start; });
    skip({"disk"}, "start");
  }

  void check_score(const Scorer& scorer) {
    list_.on_root("scored", [&] {
      auto sample = to_score_.source->first_records(config_.input.max_record_bytes);
      if (sample.records.empty()) {
        score_.emplace();
        return Finding{Verdict::ok, "there is no record"};
      }
      const bool any_readable = keep_readable(sample);
      score_ = score_first(sample, pipeline_, scorer.model.models, config_.stops.stall_timeout, [&] {
        if (scorer.model.link) scorer.model.link->turn();
      });
      return any_readable ? finding_of_score(*score_) : Finding{Verdict::ok, "none of the first can be read"};
    });
  }

  /// Those that are no news; all where there would be none left.
  bool keep_readable(RawChunk& sample) const {
    sample.records.resize(std::min(sample.records.size(), kMostLookedAt));
    const auto chunk = Decoder(pipeline_.scorings.front().decoder).decode(sample);
    std::vector<RawRecord> readable;
    for (std::size_t i = 0; i < chunk.table.rows.size(); ++i) {
      if (!chunk.table.rows[i].error) readable.push_back(sample.records[i]);
    }
    if (readable.empty()) return false;
    sample.records = std::move(readable);
    return true;
  }

  Finding finding_of_score(const SampleScore& score) const {
    const auto text = std::to_string(score.records) + " of the first records, " +
                      std::to_string(score.output_bytes / score.records) + " bytes a row";
    if (score.failed == 0) return {Verdict::ok, text};
    return {weight_of_failures(config_.output, score.failed),
            text + ", " + std::to_string(score.failed) + " failed: " + score.first_failure,
            remedy_of_failures(config_.output, score.failed)};
  }

  /// As the run would settle it, by what stands under the output's name.
  void check_start() {
    if (!known_.earlier) return skip({"start"}, "output");
    list_.on_root("start", [&] {
      const auto& scoring = pipeline_.scorings.front();
      InputDigests digests(config_, to_score_.source->files(), {scoring.columns}, warnings_);
      start_ = settle_start(config_, *known_.file, *known_.earlier, to_score_, scoring, known_.share->runners,
                            digests, warnings_);
      if (start_->behind && start_->behind->bytes > 0) go_behind(*to_score_.source, *start_->behind);
      return Finding{Verdict::ok, start_text()};
    });
    for (const auto& warning : warnings_.take())
      list_.on_root("start", [&] { return finding_of(Verdict::warn, warning); });
  }

  std::string start_text() const {
    if (!start_->nothing_to_do.empty()) return "nothing is left to do: " + start_->nothing_to_do;
    const auto chunks = to_score_.source->supply().chunks;
    const auto all = chunks ? " of " + counted(*chunks, "chunk") : "";
    if (start_->from.chunks > 0)
      return "goes on after " + std::to_string(start_->from.chunks) + all + ", " +
             counted(start_->from.rows, "row");
    if (start_->retry)
      return "scores " + counted(to_score_.selected->records(), "record") + " again" + parts_text();
    return "from the beginning" + (chunks ? ", " + counted(*chunks, "chunk") : std::string());
  }

  /// Of a retry.
  std::string parts_text() const {
    const auto& parts = start_->retry->parts;
    if (!parts) return "";
    return "; " + std::to_string(retry_work(config_, *start_->retry).parts) + " of " +
           std::to_string(parts->earlier.size()) + " parts are written anew, the others stay";
  }

  void check_room() {
    if (!score_) return skip({"disk"}, "scored");
    check_disk(config_.output, bytes_to_come(), list_);
  }

  /// A retry writes the whole output anew, or the parts in which something failed.
  std::uint64_t bytes_to_come() const {
    const auto start = start_.value_or(RunStart());
    if (!start.nothing_to_do.empty()) return 0;
    if (start.retry) return retry_work(config_, *start.retry).bytes;
    const auto all = to_score_.source->input_bytes().value_or(0);
    return score_->output_bytes_of(all - std::min(all, start.from.input_bytes));
  }

  Channel& channel_;
  const RunConfig& config_;
  KnownSoFar& known_;
  Checklist& list_;
  CollectedWarnings warnings_;
  ToScore to_score_;
  PipelineConfig pipeline_;
  std::optional<SampleScore> score_;
  std::optional<RunStart> start_;
};

}  // namespace

void check_first_records(Channel& channel, const RunConfig& config, KnownSoFar known, Checklist& list) {
  FirstRecordsCheck(channel, config, known, list).run();
}

}  // namespace infer
