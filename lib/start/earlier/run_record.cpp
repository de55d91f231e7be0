#include "start/earlier/run_record.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "base/canonical_path.hpp"
#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "encoder/output_format.hpp"
#include "encoder/output_packing.hpp"
#include "flags/flag.hpp"
#include "model/model.hpp"
#include "signature/signature.hpp"
#include "start/libraries.hpp"
#include "start/parts/parts_setup.hpp"
#include "writer/journal/run_differences.hpp"

namespace infer {
namespace {

std::string digest_of_items(const std::vector<std::string>& items) {
  Digest digest;
  for (const auto& item : items) digest.add(item + '\n');
  return std::to_string(items.size()) + " (" + digest_text(digest.value()) + ")";
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

/// Without where in a record an input lies.
Signature without_places(Signature signature) {
  for (auto& source : signature.sources) source.path.clear();
  if (signature.text) std::ranges::fill(signature.text->fields, JsonPath{});
  signature.unfed.clear();
  return signature;
}

std::string_view format_name(const std::string& path) {
  const auto name = output_format(path).name;
  return name.empty() ? "JSON Lines" : name;
}

using Facts = std::vector<Fact>;

constexpr const char* kInput = "--input";
constexpr const char* kInputsFact = "the model's inputs";
constexpr const char* kBytes = ", bytes";
constexpr const char* kTime = ", last written";

void add_inputs(Facts& facts, const std::vector<InputFile>& files) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::string name(kInput);
    if (files.size() > 1) name.append(", file ").append(std::to_string(i + 1));
    const bool has_path = files[i].kind != InputKind::standard_input;
    facts.push_back({name, has_path ? canonical_path(files[i].path) : files[i].path});
    facts.push_back({name + kBytes, files[i].stays() ? std::to_string(files[i].bytes) : "as they come"});
    if (files[i].pictures) {
      facts.push_back({name + ", pictures", digest_of_items(files[i].pictures->paths)});
    } else if (files[i].stays()) {
      facts.push_back({name + kTime, time_text(files[i].modified_ns)});
    }
  }
}

/// What the start has made of some flags, by the names of their facts; those without a value have no fact in
/// this run.
using Settled = std::map<std::string, std::optional<std::string>>;

void settle_text(Settled& settled, const std::optional<TextSpec>& text) {
  settled["--max-length"] = text ? std::optional(std::to_string(text->max_length)) : std::nullopt;
  settled["--truncate"] = text ? std::optional(text->truncate ? "yes" : "no") : std::nullopt;
}

void settle_results(Settled& settled, const ResultSpec& result) {
  settled["--task"] = std::string(task_name(result.task));
  settled["--labels"] = digest_of_items(result.labels);
  settled["--threshold"] = number_text(result.threshold);
}

void settle_work(Settled& settled, const BatchLimits& batch, const Runners& runners) {
  settled["the device"] = runners.on_cpu() ? "cpu" : "cuda";
  settled[runners.on_cpu() ? "--cudnn-attention" : "--threads"] = std::nullopt;
  if (runners.on_cpu()) settled["--threads"] = std::to_string(runners.threads);
  settled["--max-batch-size"] = std::to_string(batch.max_rows);
  settled["--max-batch-tokens"] = std::to_string(batch.max_elements);
}

/// Of each file: its name may say another one the next time.
std::string formats_text(const std::vector<InputFile>& files) {
  std::vector<std::string> names;
  for (const auto& file : files) names.emplace_back(traits(file.format).name);
  const bool are_alike = std::ranges::adjacent_find(names, std::not_equal_to()) == names.end();
  return are_alike && !names.empty() ? names.front() : digest_of_items(names);
}

void settle_parts(Settled& settled, const OutputOptions& output, const Source& source) {
  settled["--output-format"] = settled["--part-bytes"] = std::nullopt;
  if (output.dir.empty()) return;
  settled["--output-format"] = output.format;
  settled["--part-bytes"] = std::to_string(part_chunks(output, source) * source.chunk_bytes());
}

Settled settle(const RunConfig& config, const ModelFile& model, const Source& source,
               const ScoringConfig& scoring, const Runners& runners) {
  Settled settled;
  if (!source.files().empty()) settled["--input"] = std::nullopt;  // a fact per file
  settled["--input-format"] = formats_text(source.files());
  settled["--chunk-bytes"] = std::to_string(source.chunk_bytes());
  settled["--model"] = model.identity();
  settled["--preload-lib"] = libraries_text(runners.libraries);
  settled[kInputsFact] = signature_text(scoring.signature);
  settle_parts(settled, config.output, source);
  settle_text(settled, scoring.signature.text);
  settle_results(settled, scoring.signature.result);
  if (output_format(rows_file(config.output)).has_fields) settled["--npy-dtype"] = "none";
  settle_work(settled, scoring.batch, runners);
  return settled;
}

/// A fact for every flag that the rows depend on.
void add_flags(Facts& facts, const RunConfig& config, const Settled& settled) {
  for_each_flag([&](const Flag& flag) {
    const auto name = flag.fact_name();
    if (flag.effect == FlagEffect::none || std::ranges::count(facts, name, &Fact::name) > 0) return;
    const auto known = settled.find(name);
    const auto value = known != settled.end() ? known->second : flag.value.text(config).value_or("none");
    if (value) facts.push_back({name, *value, flag.effect != FlagEffect::digits});
  });
}

}  // namespace

std::vector<KeyFact> key_facts(const RunConfig& config, const RunRecord& run, const Signature& signature) {
  std::set<std::string> names;
  for_each_flag([&](const Flag& flag) {
    if (flag.effect == FlagEffect::values) names.insert(flag.fact_name());
  });
  std::vector<KeyFact> facts{{"the output", std::string(format_name(rows_file(config.output)))}};
  for (const auto& fact : run.facts) {
    if (!names.contains(fact.name)) continue;
    const bool is_inputs = fact.name == kInputsFact;
    facts.push_back({fact.name, is_inputs ? signature_text(without_places(signature)) : fact.value});
  }
  return facts;
}

/// Another flag's name may go on with more than a comma.
bool is_input(const Fact& fact) {
  return fact.name == kInput || fact.name.starts_with(std::string(kInput) + ',');
}

bool is_input_size(const Fact& fact) { return is_input(fact) && fact.name.ends_with(kBytes); }

RunRecord without_names_and_times(RunRecord run) {
  std::erase_if(run.facts, [](const Fact& fact) { return is_input(fact) && !is_input_size(fact); });
  return run;
}

bool has_input(const RunRecord& run, const std::vector<InputFile>& files) {
  auto then = run;
  std::erase_if(then.facts, [](const Fact& fact) { return !is_input(fact); });
  RunRecord now;
  add_inputs(now.facts, files);
  return compare_facts(then, now).binding.empty();
}

RunRecord describe_output(const RunConfig& config, const ModelFile& model, const Source& source,
                          const ScoringConfig& scoring, const Runners& runners) {
  RunRecord run;
  add_inputs(run.facts, source.files());
  add_flags(run.facts, config, settle(config, model, source, scoring, runners));
  run.facts.push_back({"LibTorch", torch_version(), false});
  if (const auto& nvjpeg = scoring.decoder.nvjpeg) run.facts.push_back({"nvJPEG", nvjpeg->version(), false});
  if (const auto* packing = output_packing(rows_file(config.output)))
    run.facts.push_back({"what packs the output", packing->library(), false});
  run.chunk_bytes = source.chunk_bytes();
  return run;
}

}  // namespace infer
