#include "start/agreed_facts.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/digest.hpp"
#include "base/message.hpp"
#include "base/text.hpp"
#include "model/model.hpp"
#include "signature/labels.hpp"

namespace infer {

template <class Archive, MaybeConst<RankFact> Value>
void fields(Archive& all, Value& fact) {
  all(fact.name, fact.value, fact.shown, fact.binding);
}

namespace {

constexpr std::size_t kShownDifferences = 4;
constexpr std::size_t kShownBytes = 120;  ///< of one value

template <class Number>
std::string text_of(const std::optional<Number>& number) {
  if (!number) return "not given";
  if constexpr (std::is_integral_v<Number>) {
    return std::to_string(*number);
  } else {
    return number_text(*number);
  }
}

std::string yes_or_no(bool is_so) { return is_so ? "yes" : "no"; }

std::string text_of(const TensorSpec& spec) {
  auto text = spec.name + ':' + std::string(dtype_name(spec.dtype)) + ':' + shape_text(spec.shape);
  if (spec.range) text += ':' + std::to_string(spec.range->low) + ".." + std::to_string(spec.range->high);
  return text;
}

class Facts {
 public:
  void add(std::string name, std::string value, std::string shown = "") {
    facts_.push_back({std::move(name), std::move(value), std::move(shown), true});
  }
  void add_loose(std::string name, std::string value) {
    facts_.push_back({std::move(name), std::move(value), "", false});
  }
  std::vector<RankFact> take() && { return std::move(facts_); }

 private:
  std::vector<RankFact> facts_;
};

/// `what` of a file, unless it cannot be read.
std::optional<std::string> unless_unreadable(const std::function<std::string()>& what) {
  try {
    return what();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void add_programs(Facts& facts, const RunConfig& config) {
  facts.add("infer", config.command.version);
  facts.add("LibTorch", torch_version());
  if (const auto build = unless_unreadable([] { return model_identity("/proc/self/exe"); }))
    facts.add_loose("the program infer", *build);
  for (const char* name : {"INFER_ATTENTION", "INFER_LINEAR"}) {
    const char* value = std::getenv(name);
    facts.add(name, value == nullptr ? "not set" : value);
  }
}

void add_inputs(Facts& facts, const RunConfig& config) {
  facts.add("the number of inputs (--input)", std::to_string(config.input.files.size()));
  for (std::size_t i = 0; i < config.input.files.size(); ++i)
    facts.add(config.input.files.size() == 1 ? "--input" : "--input, file " + std::to_string(i + 1),
              config.input.files[i]);
  facts.add("--max-record-bytes", std::to_string(config.input.max_record_bytes));
  facts.add("--chunk-bytes", text_of(config.input.chunk_bytes));
}

void add_model(Facts& facts, const RunConfig& config) {
  if (const auto known = unless_unreadable([&] { return model_identity(config.model.path); }))
    facts.add("--model", *known, config.model.path + ", " + *known);
  std::vector<std::string> items;
  for (const auto& spec : config.input.spec) items.push_back(text_of(spec));
  facts.add("--input-spec", joined(items, " "));
  items.clear();
  for (const auto& [name, path] : config.input.field) items.push_back(name + '=' + path);
  facts.add("--field", joined(items, " "));
  items.clear();
  for (const auto& [name, value] : config.input.pad) items.push_back(name + '=' + number_text(value));
  facts.add("--pad", joined(items, " "));
  facts.add("--missing", config.input.missing_as_nan ? "nan" : "error");
  facts.add("--max-length", text_of(config.input.max_length));
  facts.add("--truncate", config.input.truncate ? yes_or_no(*config.input.truncate) : "not given");
  facts.add("--stateful", yes_or_no(config.model.stateful));
  facts.add("--seed", text_of(config.model.seed));
  facts.add("--allow-batch-effects", yes_or_no(config.model.allow_batch_effects));
  facts.add("--cudnn-attention", yes_or_no(config.resources.cudnn_attention));
}

void add_labels(Facts& facts, const RunConfig& config) {
  if (config.results.labels.empty()) return facts.add("--labels", "not given");
  const auto content = unless_unreadable([&] {
    const auto labels = read_labels(config.results.labels);
    return std::to_string(labels.size()) + " (" + digest_text(digest_of(joined(labels, "\n"))) + ")";
  });
  if (content) facts.add("--labels", *content, config.results.labels + ", " + *content);
}

void add_results(Facts& facts, const RunConfig& config) {
  facts.add("--task", config.results.task ? std::string(task_name(*config.results.task)) : "auto");
  facts.add("--top-k", std::to_string(config.results.top_k));
  facts.add("--scores", config.results.all_scores ? "all" : "best");
  facts.add("--threshold", text_of(config.results.threshold));
  facts.add("--id-field", config.input.id_field);
  facts.add("--passthrough", joined(config.input.passthrough, ","));
  facts.add("--non-finite", config.output.non_finite == NonFinite::null ? "null" : "string");
  facts.add("--on-error", config.output.on_error == OnError::record ? "record"
                          : config.output.on_error == OnError::skip ? "skip"
                                                                    : "fail");
  facts.add("--max-errors",
            number_text(config.output.max_errors.value) + (config.output.max_errors.percent ? "%" : ""));
}

void add_files(Facts& facts, const RunConfig& config) {
  facts.add("--output", config.output.path);
  facts.add("--npy-dtype", std::string(dtype_name(config.output.npy_dtype)));
  facts.add("--errors", config.output.errors.value_or("none"));
  facts.add("--trace", config.output.trace.value_or("none"));
  facts.add("--resume", yes_or_no(config.output.start.resume));
  facts.add("--overwrite", yes_or_no(config.output.start.overwrite));
  facts.add("--retry-errors", yes_or_no(config.output.start.retry_errors));
}

/// Without those that each host may have its own way: devices, replicas, waiting times.
void add_work(Facts& facts, const RunConfig& config) {
  facts.add("--max-batch-size", text_of(config.resources.max_batch_size));
  facts.add("--max-batch-tokens", text_of(config.resources.max_batch_tokens));
  facts.add("--threads", text_of(config.resources.threads));
  facts.add("--schedule", config.resources.schedule == Schedule::static_slices ? "static" : "dynamic");
  facts.add("--gather", config.resources.gather == GatherKind::automatic ? "auto"
                        : config.resources.gather == GatherKind::nccl    ? "nccl"
                                                                         : "mpi");
}

std::string shown(const RankFact& fact) {
  auto text = printable(fact.shown.empty() ? fact.value : fact.shown);
  if (text.empty()) text = "empty";
  return text.size() <= kShownBytes ? text : printable(text.substr(0, kShownBytes)) + "...";
}

std::string differences(const std::vector<RankFact>& root, const std::vector<RankFact>& other, bool binding,
                        const std::string& root_name, const std::string& other_name) {
  std::vector<std::string> texts;
  for (const auto& fact : root) {
    const auto same = std::ranges::find(other, fact.name, &RankFact::name);
    if (fact.binding != binding || same == other.end() || same->value == fact.value) continue;
    texts.push_back(fact.name + " is " + shown(fact) + " on " + root_name + " and " + shown(*same) + " on " +
                    other_name);
  }
  const auto more = texts.size() > kShownDifferences ? texts.size() - kShownDifferences : 0;
  texts.resize(texts.size() - more);
  return joined(texts, "; ") + (more > 0 ? "; and " + std::to_string(more) + " more" : "");
}

}  // namespace

std::vector<RankFact> rank_facts(const RunConfig& config) {
  Facts facts;
  add_programs(facts, config);
  add_model(facts, config);
  add_inputs(facts, config);
  add_labels(facts, config);
  add_results(facts, config);
  add_files(facts, config);
  add_work(facts, config);
  return std::move(facts).take();
}

FactDifferences compare_ranks(const std::vector<std::vector<RankFact>>& ranks,
                              const std::function<std::string(int rank)>& describe) {
  FactDifferences found;
  for (std::size_t r = 1; r < ranks.size(); ++r) {
    const auto name = describe(static_cast<int>(r));
    if (found.binding.empty()) found.binding = differences(ranks[0], ranks[r], true, describe(0), name);
    if (found.other.empty()) found.other = differences(ranks[0], ranks[r], false, describe(0), name);
  }
  return found;
}

void agree_on_facts(Session& session, const RunConfig& config, RunObserver& observer, Deadline deadline) {
  if (session.size() == 1) return;
  const auto all = collect(session, as_text(to_message(rank_facts(config))), deadline);
  agree_with_root(session, deadline, [&] {
    std::vector<std::vector<RankFact>> facts;
    for (const auto& message : all)
      facts.push_back(from_message<std::vector<RankFact>>(as_byte_view(message)));
    const auto found = compare_ranks(facts, [&](int rank) { return session.describe(rank); });
    if (!found.binding.empty())
      throw UsageError("the ranks were not started alike: " + found.binding +
                       "; give every rank the same flags, files and INFER_ variables (mpirun -x NAME passes "
                       "one on to other hosts)");
    if (!found.other.empty())
      observer.warning(0, found.other + ": if these are other builds, last digits may differ");
  });
}

}  // namespace infer
