#include "flags/run_config.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.hpp"
#include "base/read_lines.hpp"
#include "base/text.hpp"
#include "encoder/output_format.hpp"
#include "flags/job_end.hpp"
#include "flags/output_rules.hpp"
#include "flags/several_outputs.hpp"

namespace infer {
namespace {

void take_input_list(RunConfig& config) {
  if (config.input.list.empty()) return;
  for (auto& name : read_lines("--input-list", config.input.list)) {
    if (!name.empty()) config.input.files.push_back(std::move(name));
  }
  if (config.input.files.empty())
    throw UsageError("--input-list " + config.input.list +
                     " is empty; it needs the name of an input per line");
}

/// What a program that copies from there, or a mount, can give.
void refuse_address(const std::string& input) {
  struct Scheme {
    std::string_view begin;
    std::string_view copy;  // writes the object to standard output
  };
  constexpr std::array kSchemes{Scheme{"s3://", "aws s3 cp @ -"},     Scheme{"gs://", "gcloud storage cat @"},
                                Scheme{"hdfs://", "hdfs dfs -cat @"}, Scheme{"http://", "curl -sSf @"},
                                Scheme{"https://", "curl -sSf @"},    Scheme{"abfss://", "hdfs dfs -cat @"},
                                Scheme{"file://", "cat PATH"}};
  const auto found =
      std::ranges::find_if(kSchemes, [&](const Scheme& scheme) { return input.starts_with(scheme.begin); });
  if (found == kSchemes.end()) return;
  std::string copy(found->copy);
  if (const auto place = copy.find('@'); place != std::string::npos)
    copy.replace(place, 1, shell_word(input));
  throw UsageError(
      "--input " + input +
      " is no file, and infer opens no addresses: copy it here, mount it, or pipe it in, as with " + copy +
      " | infer --input - ...");
}

void check_inputs(const std::vector<std::string>& inputs) {
  std::ranges::for_each(inputs, refuse_address);
  if (std::ranges::count(inputs, "-") > 1)
    throw UsageError("--input - is given twice, but standard input comes once: give it once");
}

void complete_input(RunConfig& config) {
  if (config.model.path.empty())
    throw UsageError("--model is missing: name a TorchScript (.pt) or AOTInductor (.pt2) file");
  if (config.input.files.empty() && config.input.list.empty())
    throw UsageError("--input is missing: name a JSONL file");
  take_input_list(config);
  check_inputs(config.input.files);
}

bool has_fields(const RunConfig& config) { return output_format(rows_file(config.output)).has_fields; }

bool has_array(const RunConfig& config) { return rows_file(config.output).ends_with(".npy"); }

/// A flag of no use is refused where it was typed; a file of flags or the environment may serve several jobs.
void drop_npy_dtype(RunConfig& config, const GivenFlags& given) {
  if (has_array(config) || std::ranges::any_of(config.others, has_array)) return;
  const auto usual = OutputOptions().npy_dtype;
  const std::string text = "--npy-dtype has no effect: --output is no .npy file";
  if (given.typed.contains("npy-dtype")) throw UsageError(text);
  if (config.output.npy_dtype != usual) config.command.notices.push_back(text);
  config.output.npy_dtype = usual;
}

void drop_part_flags(RunConfig& config, const GivenFlags& given) {
  for (const std::string name : {"output-format", "part-bytes"}) {
    const std::string text = "--" + name + " has no effect: there is no --output-dir";
    if (given.typed.contains(name)) throw UsageError(text);
    const bool is_given =
        std::ranges::any_of(given.values, [&](const auto& each) { return each.first->name == name; });
    if (is_given) config.command.notices.push_back(text);
  }
  config.output.format = OutputOptions().format;
  config.output.part_bytes.reset();
}

/// The manifest takes the place of a single file.
void choose_output(RunConfig& config, const GivenFlags& given) {
  auto& output = config.output;
  if (output.dir.empty()) return drop_part_flags(config, given);
  const bool has_file =
      std::ranges::any_of(given.values, [](const auto& each) { return each.first->name == "output"; });
  if (has_file)
    throw UsageError("--output " + output.path + " and --output-dir " + output.dir +
                     ": rows go to one file or to files of a folder: give one of them");
  while (output.dir.size() > 1 && output.dir.ends_with('/')) output.dir.pop_back();
  output.path = output.dir + "/manifest.json";
}

/// What failed of them could be told only by numbers of rows that are not those of records.
void check_choice(const RunConfig& config) {
  if (!config.output.start.retry_errors || record_choice(config.input).is_all()) return;
  throw UsageError(
      "--retry-errors scores what failed of a whole input, not of a part of it as by --limit or --sample: "
      "score that part anew with --overwrite");
}

}  // namespace

RunConfig make_run_config(const GivenFlags& given) {
  RunConfig config;
  for (const auto& [flag, value] : given.values) flag->value.put(config, value, "--" + flag->name);
  complete_input(config);
  detail::complete_others(config, given);
  choose_output(config, given);
  drop_npy_dtype(config, given);
  const bool have_fields = has_fields(config) || std::ranges::any_of(config.others, has_fields);
  detail::complete_output(config, have_fields);
  for (auto& other : config.others) detail::complete_output(other, have_fields);
  if (config.output.start.overwrite && config.output.start.resume)
    throw UsageError("--overwrite drops the unfinished rows that --resume keeps: give one of them");
  check_choice(config);
  detail::complete_stops(config.stops, config.command.notices);
  for (const auto& name : given.unknown_variables)
    config.command.notices.push_back("the variable " + name +
                                     " is set, but infer has none of that name: it has no effect");
  config.command.config_file = given.config_file;
  return config;
}

}  // namespace infer
