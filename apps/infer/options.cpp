#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/canonical_path.hpp"
#include "base/error.hpp"
#include "base/read_lines.hpp"
#include "base/standard_output.hpp"
#include "base/text.hpp"
#include "encoder/output_format.hpp"
#include "file_names.hpp"
#include "signature/signature.hpp"

namespace infer {
namespace {

constexpr const char* kSlurmEnd = "SLURM_JOB_END_TIME";  ///< seconds since 1970

template <class Value>
using Choices = std::vector<std::pair<std::string, Value>>;

template <class Value>
Value choose(const std::string& flag, const std::string& text, const Choices<Value>& choices) {
  std::string allowed;
  for (const auto& [name, value] : choices) {
    if (text == name) return value;
    allowed += (allowed.empty() ? "" : ", ") + name;
  }
  throw UsageError(flag + " " + text + ": choose one of " + allowed);
}

double parse_real(const std::string& flag, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw UsageError(flag + ": \"" + text + "\" is no number");
  return value;
}

std::pair<std::string, std::string> split_assignment(const std::string& flag, const std::string& text,
                                                     const std::string& form) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw UsageError(flag + " " + text + ": the form is " + form);
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

ErrorAllowance parse_allowance(std::string text) {
  const bool percent = text.ends_with('%');
  if (percent) text.pop_back();
  const auto value = parse_real("--max-errors", text);
  if (!(value >= 0))
    throw UsageError("--max-errors " + text + ": give a count of 0 or more, or a share such as 1%");
  return {value, percent};
}

template <class Number>
Number at_least(const std::string& flag, Number value, Number lowest) {
  const auto text = [](Number number) {
    if constexpr (std::is_floating_point_v<Number>) return number_text(number);
    return std::to_string(number);
  };
  if (!(value >= lowest)) throw UsageError(flag + " " + text(value) + ": give at least " + text(lowest));
  return value;
}

/// Longer than any limit means is no limit; what nanoseconds can count is one.
Seconds duration(const std::string& flag, double seconds, double lowest) {
  return Seconds(Deadline(Seconds(at_least(flag, seconds, lowest))).limit_s());
}

/// Descriptor 1 leads to stderr by now: lib/base/standard_output.hpp.
std::string own_name(const std::string& path) { return is_standard_output(path) ? "-" : path; }

void take_input_list(RunConfig& config) {
  if (config.input.list.empty()) return;
  for (auto& name : read_lines("--input-list", config.input.list)) {
    if (!name.empty()) config.input.files.push_back(std::move(name));
  }
  if (config.input.files.empty())
    throw UsageError("--input-list " + config.input.list +
                     " is empty; it needs the name of an input per line");
}

void take_inputs(RunConfig& config, const Options& options) {
  if (options.model.empty())
    throw UsageError("--model is missing: name a TorchScript (.pt) or AOTInductor (.pt2) file");
  if (options.input.empty() && options.input_list.empty())
    throw UsageError("--input is missing: name a JSONL file");
  config.model.path = options.model;
  config.input.files = options.input;
  config.input.list = options.input_list;
  take_input_list(config);
  config.output.path = own_name(options.output);
  for (const auto& text : options.input_spec) config.input.spec.push_back(parse_input_spec(text));
  for (const auto& text : options.field)
    config.input.field.insert(
        split_assignment("--field", text,
                         "model_input=json.path, as in --field text=" +
                             (text.find('=') == std::string::npos ? text : "review.body")));
  for (const auto& text : options.pad) {
    const auto [name, value] = split_assignment("--pad", text, "model_input=value, as in --pad ids=0");
    config.input.pad[name] = parse_real("--pad " + name, value);
  }
  config.input.missing_as_nan = choose<bool>("--missing", options.missing, {{"error", false}, {"nan", true}});
  config.model.stateful = options.stateful;
  config.model.seed = options.seed;
  config.model.allow_batch_effects = options.allow_batch_effects;
  config.resources.cudnn_attention = options.cudnn_attention;
  config.input.id_field = options.id_field;
  config.input.passthrough = options.passthrough;
}

void take_text(RunConfig& config, const Options& options) {
  constexpr std::size_t kShortestText = 4;  // a pair's special tokens and one of its own
  if (options.max_length != 0)
    config.input.max_length = at_least<std::size_t>("--max-length", options.max_length, kShortestText);
  if (!options.truncate.empty())
    config.input.truncate = choose<bool>("--truncate", options.truncate, {{"yes", true}, {"no", false}});
}

void take_task(RunConfig& config, const Options& options) {
  std::vector<std::pair<std::string, std::optional<Task>>> tasks{{"auto", std::nullopt}};
  for (const auto& task : kTasks) tasks.emplace_back(task.name, task.task);
  config.results.task = choose<std::optional<Task>>("--task", options.task, tasks);
  config.results.labels = options.labels;
  config.results.top_k = at_least<std::size_t>("--top-k", options.top_k, 1);
  config.results.all_scores = choose<bool>("--scores", options.scores, {{"best", false}, {"all", true}});
  if (!options.threshold.empty()) config.results.threshold = parse_real("--threshold", options.threshold);
}

/// A flag of no use is refused where it was typed; a file of flags or the environment may serve several jobs.
void without_effect(RunConfig& config, const Options& options, const std::string& flag,
                    bool other_than_default, const std::string& reason) {
  if (options.typed.contains(flag)) throw UsageError("--" + flag + " has no effect: " + reason);
  if (other_than_default) config.command.notices.push_back("--" + flag + " has no effect: " + reason);
}

/// Rows of numbers alone have no place for errors: they are listed beside them.
void take_format(RunConfig& config, const Options& options) {
  const auto dtype = choose<DType>("--npy-dtype", options.npy_dtype,
                                   {{"float32", DType::float32}, {"float16", DType::float16}});
  if (config.output.path.ends_with(".npy")) {
    config.output.npy_dtype = dtype;
  } else {
    without_effect(config, options, "npy-dtype", dtype != DType::float32, "--output is no .npy file");
  }
  const auto& format = output_format(config.output.path);
  if (format.is_json_lines) return;
  const auto file = "a " + std::string(format.ending) + " file has no ";
  if (!config.input.passthrough.empty() && !config.output.errors)
    throw UsageError(
        "--passthrough and --output " + config.output.path + ": " + file +
        "place for fields; write JSON Lines, or give --errors FILE, where the records that failed "
        "have them");
  if (config.output.non_finite == NonFinite::string)
    throw UsageError("--non-finite string and --output " + config.output.path + ": " + file +
                     "strings; a record with NaN or infinity counts as failed there");
  if (config.output.on_error == OnError::skip)
    throw UsageError("--on-error skip and --output " + config.output.path +
                     ": row k of the array is record k, so none can be left out; a failed one is NaN");
  if (!config.output.errors) config.output.errors = config.output.path + ".errors.jsonl";
}

void take_results(RunConfig& config, const Options& options) {
  config.output.non_finite = choose<NonFinite>("--non-finite", options.non_finite,
                                               {{"null", NonFinite::null}, {"string", NonFinite::string}});
  config.output.on_error =
      choose<OnError>("--on-error", options.on_error,
                      {{"record", OnError::record}, {"skip", OnError::skip}, {"fail", OnError::fail}});
  if (!options.errors.empty()) config.output.errors = own_name(options.errors);
  if (config.output.errors && canonical_path(*config.output.errors) == canonical_path(config.output.path))
    throw UsageError("--errors and --output name the same file");
  if (!options.trace.empty()) config.output.trace = own_name(options.trace);
  if (config.output.trace == "-") config.output.trace = "/dev/fd/" + std::to_string(standard_output());
  check_file_name("--output", config.output.path);
  if (config.output.errors) check_file_name("--errors", *config.output.errors);
  if (config.output.trace) check_file_name("--trace", *config.output.trace);
  if (config.output.trace && (canonical_path(*config.output.trace) == canonical_path(config.output.path) ||
                              (config.output.errors && canonical_path(*config.output.trace) ==
                                                           canonical_path(*config.output.errors))))
    throw UsageError("--trace and --output or --errors name the same file");
  take_format(config, options);
  config.output.max_errors = parse_allowance(options.max_errors);
}

/// How long this process has if Slurm ends its job when it says; empty where it does not, or where what it
/// says is left over from another job.
std::optional<Seconds> until_slurm_ends(std::vector<std::string>& notices) {
  const char* text = std::getenv(kSlurmEnd);
  if (text == nullptr || *text == '\0') return std::nullopt;
  const auto* end = text + std::strlen(text);
  double time = 0;
  const auto [rest, error] = std::from_chars(text, end, time);
  const auto left = Seconds(time) - std::chrono::system_clock::now().time_since_epoch();
  if (error == std::errc() && rest == end && left > Seconds(0)) return left;
  notices.push_back(std::string("the variable ") + kSlurmEnd + " is ignored: " + text +
                    " is no time to come; give --time-limit, where this run is to stop by itself");
  return std::nullopt;
}

void take_stops(RunConfig& config, const Options& options) {
  constexpr Seconds kReserve{30};  // to end all ranks, and for clocks that differ
  config.output.start = {options.resume, options.overwrite, options.retry_errors};
  if (options.overwrite && options.resume)
    throw UsageError("--overwrite drops the unfinished rows that --resume keeps: give one of them");
  config.stops.journal_interval = duration("--journal-interval", options.journal_interval, 0);
  config.stops.drain_timeout = duration("--drain-timeout", options.drain_timeout, 0);
  config.stops.stall_timeout = duration("--stall-timeout", options.stall_timeout, 1);
  if (options.time_limit != 0) {
    config.stops.time_limit = duration("--time-limit", options.time_limit, 0);
  } else if (const auto left = until_slurm_ends(config.command.notices)) {
    config.stops.time_limit =
        duration(kSlurmEnd, std::max(1.0, (*left - config.stops.drain_timeout - kReserve).count()), 1);
    config.stops.time_limit_source = std::string("the job's end, ") + kSlurmEnd;
  }
}

void take_resources(RunConfig& config, const Options& options) {
  config.resources.device = options.device;
  if (options.threads != 0) config.resources.threads = at_least("--threads", options.threads, 1);
  if (options.replicas != 0) config.resources.replicas = at_least("--replicas", options.replicas, 1);
  config.resources.schedule =
      choose<Schedule>("--schedule", options.schedule,
                       {{"dynamic", Schedule::dynamic_grants}, {"static", Schedule::static_slices}});
  config.resources.gather = choose<GatherKind>(
      "--gather", options.gather,
      {{"auto", GatherKind::automatic}, {"nccl", GatherKind::nccl}, {"mpi", GatherKind::mpi}});
  if (options.max_batch_size)
    config.resources.max_batch_size = at_least<std::size_t>("--max-batch-size", *options.max_batch_size, 1);
  if (options.max_batch_tokens)
    config.resources.max_batch_tokens =
        at_least<std::size_t>("--max-batch-tokens", *options.max_batch_tokens, 1);
  if (options.chunk_bytes != 0) config.input.chunk_bytes = options.chunk_bytes;
  config.input.max_record_bytes = at_least<std::uint64_t>("--max-record-bytes", options.max_record_bytes, 2);
  config.stops.comm_timeout = duration("--comm-timeout", options.comm_timeout, 1);
}

}  // namespace

RunConfig make_run_config(const Options& options) {
  RunConfig config;
  take_inputs(config, options);
  take_text(config, options);
  take_task(config, options);
  take_results(config, options);
  take_stops(config, options);
  take_resources(config, options);
  for (const auto& name : options.unknown_variables)
    config.command.notices.push_back("the variable " + name +
                                     " is set, but infer has none of that name: it has no effect");
  config.command.config_file = options.config;
  return config;
}

}  // namespace infer
