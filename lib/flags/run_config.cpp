#include "flags/run_config.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/canonical_path.hpp"
#include "base/error.hpp"
#include "base/read_lines.hpp"
#include "base/text.hpp"
#include "encoder/output_format.hpp"
#include "flags/file_names.hpp"
#include "flags/job_end.hpp"
#include "flags/key_flags.hpp"
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

/// The next look into the folder would find it there.
void refuse_output_among(const std::vector<std::string>& inputs, const std::string& flag,
                         const std::string& output) {
  const auto lies_in = [place = canonical_path(output)](const std::string& input) {
    std::error_code unknown;
    return std::filesystem::is_directory(input, unknown) &&
           place.starts_with((std::filesystem::path(canonical_path(input)) / "").string());
  };
  const auto folder = std::ranges::find_if(inputs, lies_in);
  if (folder == inputs.end()) return;
  throw UsageError(flag + " " + output + " lies in the folder " + *folder +
                   ", which is an input: it would be one of the inputs of the next run; write it elsewhere");
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

/// Rows of numbers alone have no place for anything else.
void check_numbers_alone(const OutputOptions& output, const InputOptions& input, std::string_view ending,
                         bool others_have_fields) {
  const auto file = "a " + std::string(ending) + " file has no ";
  if (!input.passthrough.empty() && !output.errors && !others_have_fields)
    throw UsageError(
        "--passthrough and --output " + rows_file(output) + ": " + file +
        "place for fields; write JSON Lines, or give --errors FILE, where the records that failed "
        "have them");
  if (output.non_finite == NonFinite::string)
    throw UsageError("--non-finite string and --output " + rows_file(output) + ": " + file +
                     "strings; a record with NaN or infinity counts as failed there");
  if (output.on_error == OnError::skip)
    throw UsageError("--on-error skip and --output " + rows_file(output) +
                     ": row k of the array is record k, so none can be left out; a failed one is NaN");
}

/// Where rows have no place for all of an error, errors are listed beside them.
void complete_format(OutputOptions& output, const InputOptions& input, bool others_have_fields) {
  const auto& format = output_format(rows_file(output));
  if (format.has_errors) return;
  if (!format.has_fields) check_numbers_alone(output, input, format.ending, others_have_fields);
  if (!output.errors)
    output.errors = output.dir.empty() ? output.path + ".errors.jsonl" : output.dir + "/errors.jsonl";
}

void check_names(const OutputOptions& output) {
  const auto same = [](const std::optional<std::string>& one, const std::optional<std::string>& other) {
    return one && other && canonical_path(*one) == canonical_path(*other);
  };
  if (same(output.errors, output.path)) throw UsageError("--errors and --output name the same file");
  check_file_name("--output", rows_file(output));
  if (output.errors) check_file_name("--errors", *output.errors);
  if (output.trace) check_file_name("--trace", *output.trace);
  if (same(output.trace, output.path) || same(output.trace, output.errors))
    throw UsageError("--trace and --output or --errors name the same file");
}

void check_report_names(const OutputOptions& output) {
  const auto& report = output.report;
  if (report && !report->ends_with(".json") && !report->ends_with(".html"))
    throw UsageError("--report " + *report + ": name a file that ends in .html, to look at, or in .json");
  if (output.metrics_file && *output.metrics_file == "-")
    throw UsageError("--metrics-file -: name a file; it is replaced every few seconds");
}

void check_places(const std::vector<std::string>& inputs, const OutputOptions& output) {
  if (output.path != "-") refuse_output_among(inputs, "--output", output.path);
  if (output.errors) refuse_output_among(inputs, "--errors", *output.errors);
  if (output.trace) refuse_output_among(inputs, "--trace", *output.trace);
  if (output.report) refuse_output_among(inputs, "--report", *output.report);
  if (output.metrics_file) refuse_output_among(inputs, "--metrics-file", *output.metrics_file);
}

/// What failed of them could be told only by numbers of rows that are not those of records.
void check_choice(const RunConfig& config) {
  if (!config.output.start.retry_errors || record_choice(config.input).is_all()) return;
  throw UsageError(
      "--retry-errors scores what failed of a whole input, not of a part of it as by --limit or --sample: "
      "score that part anew with --overwrite");
}

/// What an output is must go together with the run's settings.
void complete_output(RunConfig& config, bool others_have_fields) {
  check_names(config.output);
  check_report_names(config.output);
  check_places(config.input.files, config.output);
  complete_format(config.output, config.input, others_have_fields);
  detail::check_keys(config);
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
  complete_output(config, have_fields);
  for (auto& other : config.others) complete_output(other, have_fields);
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
