#include "start/run_record.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/canonical_path.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "encoder/output_format.hpp"
#include "model/model.hpp"
#include "signature/signature.hpp"
#include "writer/output_start.hpp"

namespace infer {
namespace {

std::string digest_of_items(const std::vector<std::string>& items) {
  Digest digest;
  for (const auto& item : items) digest.add(item + '\n');
  return std::to_string(items.size()) + " (" + digest_text(digest.value()) + ")";
}

std::string on_error_name(OnError on_error) {
  switch (on_error) {
    case OnError::record: return "record";
    case OnError::skip: return "skip";
    case OnError::fail: break;
  }
  return "fail";
}

/// What other facts say is left out.
std::string signature_text(Signature signature) {
  signature.result.task = {};
  signature.result.labels.clear();
  signature.result.threshold = 0;
  signature.result.width = 0;  // follows from the model and the task, as the shapes do
  signature.result.shapes.clear();
  signature.missing_as_nan = false;
  if (signature.text) {
    signature.text->max_length = 0;
    signature.text->truncate = true;
  }
  const auto digest = digest_text(digest_of(serialize_signature(signature)));
  return describe_signature(signature) + " (" + digest + ")";
}

class Facts {
 public:
  void add(std::string name, std::string value) {
    facts_.push_back({std::move(name), std::move(value), true});
  }
  void add_loose(std::string name, std::string value) {
    facts_.push_back({std::move(name), std::move(value), false});
  }
  std::vector<Fact> take() && { return std::move(facts_); }

 private:
  std::vector<Fact> facts_;
};

constexpr const char* kInput = "--input";
constexpr const char* kBytes = ", bytes";
constexpr const char* kTime = ", last written";

bool is_input(const Fact& fact) { return fact.name.starts_with(kInput); }
bool is_size(const Fact& fact) { return is_input(fact) && fact.name.ends_with(kBytes); }

void add_inputs(Facts& facts, const std::vector<InputFile>& files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::string name(kInput);
    if (files.size() > 1) name.append(", file ").append(std::to_string(i + 1));
    facts.add(name, canonical_path(files[i].path));
    facts.add(std::string(name).append(kBytes), std::to_string(files[i].bytes));
    facts.add(std::string(name).append(kTime), time_text(files[i].modified_ns));
  }
}

void add_chunks(Facts& facts, const RunConfig& config, const ChunkPlan& chunks) {
  facts.add("--chunk-bytes", std::to_string(chunks.chunk_bytes()));
  facts.add("--max-record-bytes", std::to_string(config.input.max_record_bytes));
}

void add_results(Facts& facts, const RunConfig& config, const Signature& signature) {
  facts.add("--task", std::string(task_name(signature.result.task)));
  facts.add("--labels", digest_of_items(signature.result.labels));
  facts.add("--threshold", number_text(signature.result.threshold));
  facts.add("--top-k", std::to_string(config.results.top_k));
  facts.add("--scores", config.results.all_scores ? "all" : "best");
  facts.add("--id-field", config.input.id_field);
  facts.add("--passthrough", joined(config.input.passthrough, ","));
  facts.add("--non-finite", config.output.non_finite == NonFinite::null ? "null" : "string");
  facts.add("--on-error", on_error_name(config.output.on_error));
  facts.add("--errors", config.output.errors.value_or("none"));
  facts.add("--npy-dtype", output_format(config.output.path).is_json_lines
                               ? "none"
                               : std::string(dtype_name(config.output.npy_dtype)));
}

/// A fact that a retry may change, if another one had this value then.
struct Changeable {
  std::string_view name;
  std::string_view other{};
  std::string_view value{};
};

constexpr std::array kChangeable{
    Changeable{"--max-record-bytes"},
    Changeable{"--chunk-bytes"},
    Changeable{"--errors"},
    Changeable{"--truncate", "--truncate", "no"},  // no row is of a text that was cut
    Changeable{"--max-length", "--truncate", "no"},
    Changeable{"--non-finite", "--non-finite", "null"},
    Changeable{"--missing", "--missing", "error"},
};

/// Of an input that is not as it was the records are found by their names and numbers.
bool may_change(const RunRecord& then, const Fact& fact) {
  if (is_input(fact)) return true;
  return std::ranges::any_of(kChangeable, [&](const Changeable& each) {
    if (each.name != fact.name) return false;
    return each.other.empty() || std::ranges::any_of(then.facts, [&](const Fact& other) {
             return other.name == each.other && other.value == each.value;
           });
  });
}

}  // namespace

RunRecord without_names_and_times(RunRecord run) {
  std::erase_if(run.facts, [](const Fact& fact) { return is_input(fact) && !is_size(fact); });
  return run;
}

bool has_input(const RunRecord& run, const std::vector<InputFile>& files) {
  auto then = run;
  std::erase_if(then.facts, [](const Fact& fact) { return !is_input(fact); });
  Facts facts;
  add_inputs(facts, files);
  RunRecord now;
  now.facts = std::move(facts).take();
  return compare_facts(then, now).binding.empty();
}

Differences differences_of(const RunRecord& then, const RunRecord& now) {
  const auto files_then = std::ranges::count_if(then.facts, is_size);
  const auto files_now = std::ranges::count_if(now.facts, is_size);
  if (files_then == files_now) return compare_facts(then, now);
  auto before = then;
  auto after = now;
  for (auto* facts : {&before.facts, &after.facts}) std::erase_if(*facts, is_input);
  auto found = compare_facts(before, after);
  found.binding.insert(found.binding.begin(), "--input: " + std::to_string(files_then) + " file(s) then, " +
                                                  std::to_string(files_now) + " now");
  return found;
}

std::vector<std::string> differences_for_retry(const RunRecord& then, const RunRecord& now) {
  auto before = then;
  auto after = now;
  for (auto* facts : {&before.facts, &after.facts})
    std::erase_if(*facts, [&](const Fact& fact) { return may_change(then, fact); });
  return compare_facts(before, after).binding;
}

RunRecord describe_output(const RunConfig& config, const ChunkPlan& chunks, const PipelineConfig& pipeline,
                          const Runners& runners) {
  const auto& signature = pipeline.signature;
  Facts facts;
  add_inputs(facts, chunks.files());
  add_chunks(facts, config, chunks);
  facts.add("--model", model_identity(config.model.path));
  facts.add("the model's inputs", signature_text(signature));
  if (signature.text) {
    facts.add("--max-length", std::to_string(signature.text->max_length));
    facts.add("--truncate", signature.text->truncate ? "yes" : "no");
  }
  facts.add("--missing", config.input.missing_as_nan ? "nan" : "error");
  add_results(facts, config, signature);
  facts.add("--stateful", config.model.stateful ? "yes" : "no");
  facts.add("--seed", config.model.seed ? std::to_string(*config.model.seed) : "none");
  facts.add_loose("the device", runners.on_cpu() ? "cpu" : "cuda");
  if (runners.on_cpu()) facts.add_loose("--threads", std::to_string(runners.threads));
  if (!runners.on_cpu())
    facts.add_loose("--cudnn-attention", config.resources.cudnn_attention ? "yes" : "no");
  facts.add_loose("--max-batch-size", std::to_string(pipeline.batch.max_rows));
  facts.add_loose("--max-batch-tokens", std::to_string(pipeline.batch.max_elements));
  facts.add_loose("LibTorch", torch_version());
  RunRecord run;
  run.chunk_bytes = chunks.chunk_bytes();
  run.facts = std::move(facts).take();
  return run;
}

}  // namespace infer
