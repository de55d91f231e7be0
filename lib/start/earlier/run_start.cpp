#include "start/earlier/run_start.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "start/earlier/retry.hpp"
#include "start/earlier/run_changes.hpp"
#include "start/earlier/run_record.hpp"
#include "start/stage_config.hpp"
#include "writer/journal/on_disk.hpp"

namespace infer {
namespace {

constexpr const char* kEarlierOutput = "the earlier output";  ///< of a retry, which no finished output shows

class Settlement {
 public:
  Settlement(const RunConfig& config, const ModelFile& model, const FoundOutput& earlier,
             const ToScore& to_score, const ScoringConfig& scoring, const Runners& runners,
             InputDigests& digests, RunObserver& observer)
      : config_(config),
        model_(model),
        earlier_(earlier),
        to_score_(to_score),
        scoring_(scoring),
        runners_(runners),
        digests_(digests),
        observer_(observer) {}

  RunStart settle() {
    if (earlier_.can_resume)
      start_.run = describe_output(config_, model_, *to_score_.source, scoring_, runners_);
    if (wants_keys(config_.output)) describe_keys();
    if (earlier_.finished && !config_.output.part_bytes) take_part_bytes();
    start_.run.replace = earlier_.goes_on() ? earlier_.unfinished.run->replace
                                            : config_.output.start.overwrite || earlier_.retries();
    if (!earlier_.can_resume) {
      start_.behind.emplace();
      return std::move(start_);
    }
    if (earlier_.finished) compare_with_finished();
    if (earlier_.retries()) describe_retry();
    if (earlier_.goes_on()) compare_with_unfinished();
    start_.nothing_to_do = earlier_.kind == StartKind::already_complete
                               ? config_.output.path + " is complete; --overwrite scores it anew"
                               : to_score_.nothing_left;
    if (start_.nothing_to_do.empty()) start_.behind = scored(start_.from);
    return std::move(start_);
  }

 private:
  void describe_keys() {
    const auto run = earlier_.can_resume
                         ? start_.run
                         : describe_output(config_, model_, *to_score_.source, scoring_, runners_);
    start_.key_facts = key_facts(config_, run, scoring_.signature);
  }

  /// What it was made of is compared by what is known only now: all that shapes rows.
  void compare_with_finished() {
    auto then = *earlier_.finished->run;
    std::erase_if(then.facts, [](const Fact& fact) { return fact.name == kEarlierOutput; });
    const auto binding = earlier_.retries()
                             ? differences_for_retry(then, start_.run, is_cut())
                             : differences_from(then, earlier_.finished->checkpoints.back()).binding;
    if (binding.empty()) return;
    throw UsageError(
        std::string(earlier_.retries() ? "--retry-errors: " : "--resume: ") + config_.output.path +
        " is complete, but it was made of something else: " + joined(binding, "; ") +
        "; give what it was made of, score the whole input anew with --overwrite, or give another "
        "--output");
  }

  void compare_with_unfinished() {
    const auto& found = earlier_.unfinished;
    // Nobody knows what a stateful model remembered there: from the beginning.
    const auto from = config_.model.stateful ? Checkpoint{} : usable_checkpoint(found, output_names(config_));
    const auto differences = differences_from(*found.run, from);
    if (!differences.binding.empty()) {
      throw UsageError("--resume: the run that began " + config_.output.path +
                       " was another one: " + joined(differences.binding, "; ") +
                       "; give what it was given, or score the whole input anew with --overwrite");
    }
    if (!differences.other.empty()) {
      observer_.warning(0, "resumed with other settings (" + joined(differences.other, "; ") +
                               "): scores may differ in their last digits from those of a run in one go");
    }
    start_.from = from;
  }

  /// An input of which nothing but name or time differs is read again, as far as it was scored.
  Differences differences_from(const RunRecord& then, const Checkpoint& until) {
    auto found = differences_of(then, start_.run);
    if (!record_choice(config_.input).is_all()) return found;  // digests are of the chosen records' chunks
    if (is_stream(to_score_.source->files()) && !then.retry)
      return differences_from_stream(then, found, until);
    if (found.binding.empty()) return found;
    auto unnamed = differences_of(without_names_and_times(then), without_names_and_times(start_.run));
    if (!unnamed.binding.empty()) return found;
    if (const auto problem = contents_problem(then, until); !problem.empty()) unnamed.binding = {problem};
    return unnamed;
  }

  /// What was scored of a stream is compared whenever it is read over, whatever its file is called now; of a
  /// finished run, which needs no more of it, where it may be another one.
  Differences differences_from_stream(const RunRecord& then, const Differences& found,
                                      const Checkpoint& until) {
    const bool may_differ =
        !found.binding.empty() || !std::ranges::all_of(to_score_.source->files(), &InputFile::stays);
    if (until.complete && may_differ) start_.behind = scored(until);
    return differences_but_input(then, start_.run);
  }

  static Scored scored(const Checkpoint& until) {
    return {until.chunks, until.input_bytes, until.input_digest, until.complete};
  }

  std::string contents_problem(const RunRecord& then, const Checkpoint& until) {
    if (until.chunks == 0) return "";
    const std::string since = "--input: another file, or written again since, ";
    if (until.input_digest == 0) return since + "and nobody knows whether it is the same";
    const auto chunks = then.retry ? kAllChunks : until.chunks;
    const auto now = digests_.of_first(chunks, then.chunk_bytes, scoring_.columns);
    const bool same = now.digest == until.input_digest && (then.retry || now.beyond == until.beyond_digest);
    return same ? "" : since + "and it is not the same";
  }

  /// Whether bytes depend on where chunks end.
  bool is_cut() const { return is_in_pieces(config_.output) || !config_.output.dir.empty(); }

  /// What was chosen by the size that the whole input had then.
  void take_part_bytes() {
    const auto& then = earlier_.finished->run->facts;
    const auto chosen = std::ranges::find(then, "--part-bytes", &Fact::name);
    const auto now = std::ranges::find(start_.run.facts, "--part-bytes", &Fact::name);
    if (chosen != then.end() && now != start_.run.facts.end()) now->value = chosen->value;
  }

  /// The earlier output is one of the things that a retry's output is a function of.
  void describe_retry() {
    if (config_.model.stateful) {
      throw UsageError(
          "--retry-errors and --stateful: nobody knows what the model remembered where a record failed; "
          "score the whole input anew with --overwrite");
    }
    const auto& then = *earlier_.finished->run;
    start_.retry = retry_config(config_, encoder_config(config_, scoring_.signature.result), to_score_, then,
                                start_.run);
    start_.run.retry = true;
    const auto earlier = stat_input(config_.output.path);
    start_.run.facts.push_back({kEarlierOutput, std::to_string(earlier.bytes) + " bytes, last written " +
                                                    time_text(earlier.modified_ns)});
    const bool same_cut = then.chunk_bytes == start_.run.chunk_bytes;
    start_.retry->input_digest = same_cut ? to_score_.input_digest : 0;
  }

  const RunConfig& config_;
  const ModelFile& model_;
  const FoundOutput& earlier_;
  const ToScore& to_score_;
  const ScoringConfig& scoring_;
  const Runners& runners_;
  InputDigests& digests_;
  RunObserver& observer_;
  RunStart start_;
};

}  // namespace

RunStart settle_start(const RunConfig& config, const ModelFile& model, const FoundOutput& earlier,
                      const ToScore& to_score, const ScoringConfig& scoring, const Runners& runners,
                      InputDigests& digests, RunObserver& observer) {
  return Settlement(config, model, earlier, to_score, scoring, runners, digests, observer).settle();
}

}  // namespace infer
