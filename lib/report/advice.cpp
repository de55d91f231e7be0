#include "report/advice.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "report/number_texts.hpp"

namespace infer {
namespace {

// From these on something is worth a word.
constexpr double kBusy = 0.75;        ///< share of its threads' time
constexpr double kPadding = 0.2;      ///< of the elements given to the model
constexpr double kImbalance = 1.25;   ///< slowest rank ÷ mean
constexpr double kStart = 0.3;        ///< of the whole time
constexpr double kManyShapes = 0.25;  ///< of the batches, on a GPU

class Adviser {
 public:
  explicit Adviser(const RunAccount& run) : run_(run), work_(run.session.work), stages_(stage_shares(run)) {}

  std::vector<Advice> all() {
    look_at_memory();
    look_at_stages();
    look_at_rank_0();
    look_at_start();
    look_at_balance();
    look_at_padding();
    look_at_shapes();
    if (advice_.empty()) name_the_busiest();
    std::ranges::stable_sort(advice_, std::greater(), &Advice::weight);
    return std::move(advice_);
  }

 private:
  double share(std::string_view name) const {
    const auto found = std::ranges::find(stages_, name, &StageShare::name);
    return found == stages_.end() ? 0 : found->share;
  }
  bool on_gpu() const { return run_.gpus > 0; }
  void add(std::string what, std::string remedy, double weight) {
    advice_.push_back({std::move(what), std::move(remedy), weight});
  }

  void look_at_memory() {
    if (work_.halved + work_.alone == 0) return;
    std::string flags;
    if (work_.fitting_elements > 0) flags += " --max-batch-tokens " + std::to_string(work_.fitting_elements);
    if (work_.fitting_rows > 0) flags += " --max-batch-size " + std::to_string(work_.fitting_rows);
    if (work_.alone > 0) flags += " --replicas 1";
    if (flags.empty()) flags = " smaller batches (--max-batch-size)";
    const auto batches = static_cast<double>(std::max<std::uint64_t>(1, work_.batches));
    const auto alone = ", and " + counted(work_.alone, "record") + " fitted only alone";
    add("Memory: " + counted(work_.halved, "batch", "batches") + " did not fit and " +
            (work_.halved == 1 ? "was" : "were") + " halved" + (work_.alone > 0 ? alone : "") + ".",
        "Give" + flags + ": that avoids the retries.",
        std::min(1.0, static_cast<double>(work_.halved + work_.alone) / batches));
  }

  void look_at_stages() {
    if (const auto busy = std::max(share("model"), share("GPU")); busy >= kBusy) limited_by_model(busy);
    if (const auto busy = share("decode") + share("encode"); busy >= kBusy) {
      add("Decoding and encoding: their threads were busy " + percent_number(busy) + " of the time.",
          "Start fewer ranks per host, so that each has more cores, or spread the run over more hosts.",
          busy);
    }
    if (const auto busy = share("read"); busy >= kBusy) {
      add("Reading: the readers were busy " + percent_number(busy) + " of the time.",
          "Put the input on a faster disk, or unpack it: packed files that are no Zstandard frames are read "
          "by "
          "one rank.",
          busy);
    }
  }

  void limited_by_model(double busy) {
    const auto where = on_gpu() && share("GPU") >= share("model") ? "the GPUs were" : "its threads were";
    add("The model: " + std::string(where) + " busy " + percent_number(busy) + " of the time.",
        on_gpu()
            ? "More GPUs (ranks) would help most; infer bench finds the batch limits "
              "(--max-batch-tokens, --max-batch-size) that suit this model, and a bundle in float16 or "
              "bfloat16 is faster."
            : "More cores (ranks, hosts) would help most; infer bench finds --replicas, --threads and the "
              "batch limits that suit this model.",
        busy);
  }

  void look_at_rank_0() {
    const auto writing = share("write") + share("journal");
    if (writing >= kBusy) {
      add("Writing: rank 0's writer was busy " + percent_number(writing) + " of the time.",
          "Give --output-dir: each rank then writes files of its own.", writing);
    }
    if (const auto busy = share("gather"); busy >= kBusy / 2)
      add("The gather: rank 0 was at it " + percent_number(busy) + " of the time.",
          "Give --output-dir: rows then stay on their rank.", busy);
  }

  void look_at_start() {
    const auto start = run_.total_seconds - run_.session.seconds;
    if (run_.total_seconds <= 0 || start / run_.total_seconds < kStart) return;
    add("The start: " + duration_number(start) + " of " + duration_number(run_.total_seconds) +
            " went before the first chunk was granted.",
        "Score more in one run: several --input files, or a stream (--input -).", start / run_.total_seconds);
  }

  void look_at_balance() {
    const auto slowest = imbalance(run_);
    if (run_.ranks.size() < 2 || slowest < kImbalance) return;
    add("Balance: the busiest rank had " + short_number(slowest) + " times the mean of the ranks' work.",
        run_.subject.schedule == "static"
            ? "Leave --schedule static away: chunks then go to whoever is free."
            : "Give smaller pieces of the input (--chunk-bytes), so that each rank gets many.",
        1 - 1 / slowest);
  }

  void look_at_padding() {
    const auto padding = work_.padding_share();
    if (padding < kPadding) return;
    add("Padding: " + percent_number(padding) + " of what the model computed was filling.",
        "Larger pieces of the input (--chunk-bytes) have more records of one length; so have batches within "
        "tighter limits (--max-batch-tokens); a packed bundle has no filling.",
        padding * share("model"));
  }

  void look_at_shapes() {
    const auto batches = static_cast<double>(std::max<std::uint64_t>(1, work_.batches));
    if (!on_gpu() || static_cast<double>(work_.shapes) / batches < kManyShapes || work_.shapes < 32) return;
    add("Shapes: " + grouped_number(work_.shapes) + " different ones in " + grouped_number(work_.batches) +
            " batches; a GPU's libraries prepare each anew.",
        "Give a run more records, or fewer lengths (--max-length).", 0.1);
  }

  void name_the_busiest() {
    const auto busiest = std::ranges::max_element(stages_, {}, &StageShare::share);
    if (run_.session.rows == 0 || busiest == stages_.end()) return;
    add("Nothing was busy all the time; most of all " + busiest->name + ", for " +
            percent_number(busiest->share) + " of its time.",
        "Other programs on these cores, waiting for one another, or a run too short to tell; --trace FILE "
        "shows "
        "what every thread did when.",
        busiest->share);
  }

  const RunAccount& run_;
  const ChunkWork& work_;
  std::vector<StageShare> stages_;
  std::vector<Advice> advice_;
};

}  // namespace

std::vector<Advice> what_limited(const RunAccount& run) { return Adviser(run).all(); }

}  // namespace infer
