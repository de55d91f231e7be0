#include "cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>

#include "arguments.hpp"
#include "base/error.hpp"
#include "cli_problem.hpp"
#include "encoder/output_format.hpp"
#include "version.hpp"

namespace infer {
namespace {

constexpr const char* kDescription =
    "Scores a file of records with a PyTorch model, on every rank that mpirun or srun starts:\n"
    "  mpirun -np 8 infer --model model.pt --input data.jsonl --output scores.jsonl";
constexpr const char* kFooter =
    "Every flag can be given as an environment variable (INFER_MAX_BATCH_SIZE) or in --config FILE (TOML).\n"
    "Exit codes: 0 complete, 1 more records failed than --max-errors, 2 wrong usage, model or input,\n"
    "3 the run failed, 4 stopped on request; after 3 and 4, --resume goes on.";

void add_input_flags(CLI::App& app, Options& o) {
  constexpr const char* group = "Model and input";
  app.add_option("-m,--model", o.model, "TorchScript (.pt) or AOTInductor (.pt2) file; told apart by content")
      ->group(group);
  app.add_option("-i,--input", o.input, "JSONL file(s), one JSON object per line")->group(group);
  app.add_option("--input-list", o.input_list, "File with an input's name per line, after those of --input")
      ->group(group);
  app.add_option("--input-spec", o.input_spec,
                 "Model input as name:dtype:shape[:lo..hi], shape per record: x:float32:[64], "
                 "ids:int64:[*]:0..30521. "
                 "Repeat per input, in call order. Default: learnt from the model and the first records")
      ->group(group);
  app.add_option("--field", o.field,
                 "Where an input lies in a record: model_input=json.path (default: its own name)")
      ->group(group);
  app.add_option("--pad", o.pad,
                 "Fill value for shorter records: model_input=value. Without it, only records of equal shape "
                 "share a batch")
      ->group(group);
  app.add_option(
         "--missing", o.missing,
         "null, NaN and Infinity for a number of a float input: error (of the record), or nan (null is NaN)")
      ->capture_default_str()
      ->group(group);
  app.add_flag(
         "--stateful", o.stateful,
         "Score record after record in input order, for a model that keeps something from one to the next")
      ->group(group);
  app.add_option(
         "--seed", o.seed,
         "For a model that draws random numbers: the rows are a function of this number and the input")
      ->group(group);
  app.add_flag(
         "--allow-batch-effects", o.allow_batch_effects,
         "Score although rows depend on the records that share their batch; without it, that is refused")
      ->group(group);
  app.add_option("--max-record-bytes", o.max_record_bytes, "Longer records are errors (B, KiB, MiB, ...)")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("64MiB")
      ->group(group);
}

/// "FILE.npy: embeddings as a NumPy array".
std::string other_files() {
  std::string text;
  for (const auto* format : other_formats()) {
    text += (text.empty() ? "FILE" : ", FILE") + std::string(format->ending) + ": " +
            std::string(format->contents) + " as " + std::string(format->name);
  }
  return text;
}

void add_output_flags(CLI::App& app, Options& o) {
  constexpr const char* group = "Output";
  app.add_option("-o,--output", o.output,
                 "Output file, JSONL; - is standard output. " + other_files() +
                     ", row k for record k, NaN for a failed one")
      ->capture_default_str()
      ->group(group);
  app.add_option("--id-field", o.id_field, "Field copied to the output row when present")
      ->capture_default_str()
      ->group(group);
  app.add_option("--passthrough", o.passthrough, "More fields to copy: a,b.c")->delimiter(',')->group(group);
  app.add_option("--npy-dtype", o.npy_dtype, "Values of an --output FILE.npy: float32 or float16")
      ->capture_default_str()
      ->group(group);
  app.add_option("--non-finite", o.non_finite,
                 "NaN and infinity: null (the record counts as failed) or string")
      ->capture_default_str()
      ->group(group);
}

void add_task_flags(CLI::App& app, Options& o) {
  constexpr const char* group = "Task";
  app.add_option(
         "--task", o.task,
         "auto (what the bundle says, else outputs), outputs (the tensors as they are), classification "
         "(label and score), embedding or entities")
      ->capture_default_str()
      ->group(group);
  app.add_option("--labels", o.labels,
                 "File with one class name per line (default: the bundle's, else class numbers)")
      ->group(group);
  app.add_option("--top-k", o.top_k, "Classes per row, best first")->capture_default_str()->group(group);
  app.add_option("--scores", o.scores, "best, or all: every class's score too")
      ->capture_default_str()
      ->group(group);
  app.add_option("--threshold", o.threshold,
                 "Score from which a label holds, where several may (default: the bundle's, else 0.5)")
      ->group(group);
  app.add_option("--max-length", o.max_length, "Tokens per text (default and limit: what the bundle says)")
      ->group(group);
  app.add_option("--truncate", o.truncate,
                 "Longer texts: yes (cut them, the default) or no (they are errors)")
      ->group(group);
}

void add_error_flags(CLI::App& app, Options& o) {
  constexpr const char* group = "Records that fail";
  app.add_option("--on-error", o.on_error,
                 "record (an error row in its place), skip (leave it out) or fail (stop the run)")
      ->capture_default_str()
      ->group(group);
  app.add_option("--errors", o.errors,
                 "Collect failed records in this file (default with FILE.npy: FILE.npy.errors.jsonl)")
      ->group(group);
  app.add_option("--max-errors", o.max_errors,
                 "How many may fail before the exit code is 1: a count, or a share such as 1%")
      ->capture_default_str()
      ->group(group);
}

/// "90", "90s", "1.5h" as seconds.
CLI::AsNumberWithUnit as_seconds() {
  const std::map<std::string, double> units{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}};
  return CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::CASE_SENSITIVE, "s");
}

void add_stop_flags(CLI::App& app, Options& o) {
  constexpr const char* group = "Stopping and going on";
  app.add_flag("--resume", o.resume,
               "Go on with an unfinished run, on any number of ranks; start where there is nothing to go on "
               "with; leave a complete output alone")
      ->group(group);
  app.add_flag("--overwrite", o.overwrite, "Start again although there is an output")->group(group);
  app.add_flag("--retry-errors", o.retry_errors,
               "Score again only the records that failed in a complete output, and put them in their places")
      ->group(group);
  const auto duration = [&](const char* name, double& target, const char* usual, const char* text) {
    app.add_option(name, target, text)->transform(as_seconds())->option_text(usual)->group(group);
  };
  duration(
      "--time-limit", o.time_limit, "TIME",
      "Stop after this time (s, m, h, d), to be resumed (default in a Slurm job: shortly before its end)");
  duration("--drain-timeout", o.drain_timeout, "TIME=20s", "For what is in flight when the run is to stop");
  duration("--comm-timeout", o.comm_timeout, "TIME=60s", "Silence of a rank that ends the run");
  duration("--stall-timeout", o.stall_timeout, "TIME=10m",
           "How long a rank may be at one batch, one read or one write before the run ends");
  duration("--journal-interval", o.journal_interval, "TIME=1s",
           "Between checkpoints; longer where writing them takes more than 5 % of it");
}

void add_resource_flags(CLI::App& app, Options& o) {
  constexpr const char* group = "Devices and batches";
  app.add_option("--device", o.device,
                 "auto (as cuda where there is a GPU, unless the model is compiled for the CPU), cpu, "
                 "cuda (the rank's own GPU), cuda:K, or several for one rank: cuda:0,cuda:1,...")
      ->capture_default_str()
      ->group(group);
  app.add_option(
         "--replicas", o.replicas,
         "Batches that run at a time on each device, on one copy of the weights (default: the rank's cores / "
         "--threads; 2 on a GPU)")
      ->group(group);
  app.add_option(
         "--threads", o.threads,
         "CPU threads of one batch; other numbers may change last digits (default: 1, or the rank's cores / "
         "--replicas)")
      ->group(group);
  app.add_flag(
         "--cudnn-attention", o.cudnn_attention,
         "On a GPU: let LibTorch choose cuDNN for attention, which plans anew for each shape of a batch")
      ->group(group);
  app.add_option("--max-batch-size", o.max_batch_size,
                 "Records per batch (default: 256; 1024 on a GPU for inputs of variable length)")
      ->group(group);
  app.add_option(
         "--max-batch-tokens", o.max_batch_tokens,
         "Records x longest length per batch, for inputs of variable length; of a packed bundle the tokens "
         "(default: 512 on a CPU, 16384 on a GPU)")
      ->group(group);
  app.add_option(
         "--chunk-bytes", o.chunk_bytes,
         "Size of the pieces that ranks work on (B, KiB, MiB, ...; default: about 1024 records, on a GPU "
         "4096)")
      ->transform(CLI::AsSizeValue(false))
      ->group(group);
  app.add_option("--schedule", o.schedule, "dynamic (chunks on demand) or static (chunk i to rank i mod N)")
      ->capture_default_str()
      ->group(group);
  app.add_option("--gather", o.gather,
                 "How results reach rank 0: auto (nccl when every rank has its own GPU), nccl or mpi")
      ->capture_default_str()
      ->group(group);
}

void add_general_flags(CLI::App& app, Options& o) {
  constexpr const char* group = "General";
  app.set_help_flag("-h,--help", "This text")->group(group);
  app.add_flag_function(
         "-V,--version", [](std::int64_t) { throw CLI::CallForVersion(version_text(), 0); },
         "Versions of infer and the libraries it runs with")
      ->trigger_on_parse()
      ->group(group);
  app.set_config("--config", "", "TOML file with flags; see configs/")->group(group);
  app.add_option("--trace", o.trace,
                 "Write what every thread of every rank did when to this file, for ui.perfetto.dev (an "
                 "earlier trace is "
                 "replaced, another file only with --overwrite)")
      ->group(group);
  app.add_flag("-q,--quiet", o.quiet, "No header, progress or summary")->group(group);
  app.add_flag("-v,--verbose", o.verbose, "Tell more about the start")->group(group);
}

FlagForm form_of(const CLI::Option& option) {
  const auto& names = option.get_lnames();
  const bool means_none = std::ranges::find(names, "id-field") != names.end();
  return {names, option.get_snames(), option.get_items_expected_max() > 0, means_none};
}

std::vector<FlagForm> flag_forms(const CLI::App& app) {
  std::vector<FlagForm> forms;
  for (const auto* option : app.get_options()) forms.push_back(form_of(*option));
  return forms;
}

/// Gives flags that were not typed the values of their variables; an empty one counts as unset. Returns their
/// names.
std::vector<std::string> take_environment(CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> taken;
  for (auto* option : app.get_options({})) {
    if (option->get_lnames().empty() || is_given(arguments, form_of(*option))) continue;
    const auto& name = option->get_lnames().front();
    if (name == "help" || name == "version") continue;
    const char* value = std::getenv(environment_name(name).c_str());
    if (value == nullptr || *value == '\0') continue;
    const bool is_switch = option->get_items_expected_max() == 0;
    option->add_result(is_switch ? option->get_flag_value(name, value) : value);
    taken.push_back(name);
  }
  return taken;
}

void refuse_empty_values(const CLI::App& app) {
  for (const auto* option : app.get_options()) {
    const auto& values = option->results();
    if (form_of(*option).may_be_empty || std::ranges::find(values, "") == values.end()) continue;
    throw UsageError(option->get_name() + " is given an empty value; give one, or leave the flag out");
  }
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine line;
  CLI::App app(kDescription, "infer");
  app.footer(kFooter);
  app.allow_config_extras(CLI::config_extras_mode::error);
  add_input_flags(app, line.options);
  add_output_flags(app, line.options);
  add_task_flags(app, line.options);
  add_error_flags(app, line.options);
  add_stop_flags(app, line.options);
  add_resource_flags(app, line.options);
  add_general_flags(app, line.options);
  std::string model;
  auto* inspect = app.add_subcommand("inspect", "Show what a model file is and what it takes");
  inspect->add_option("model", model, "Model file")->required();
  auto* bench = app.add_subcommand(
      "bench",
      "Find the fastest batch limit and threads for --model and --input, and print them as lines for "
      "--config; takes the flags of a run (infer --help)");
  bench->fallthrough();

  const auto flags = flag_forms(app);
  auto arguments = with_whole_values(flags, {argv + 1, argv + argc});
  const auto from_environment = take_environment(app, arguments);
  for (const auto& flag : flags) {
    if (is_given(arguments, flag)) line.options.typed.insert(flag.long_names.front());
  }
  std::ranges::reverse(arguments);  // as CLI11 wants a vector
  try {
    app.parse(std::move(arguments));
    refuse_empty_values(app);
    if (*inspect) line.inspect = model;
    if (app.get_config_ptr()->count() > 0) line.options.config = app.get_config_ptr()->as<std::string>();
    line.bench = bench->parsed();
    if (!*inspect) line.options.unknown_variables = unknown_variables(flags, variable_names());
  } catch (const CLI::CallForHelp&) {
    line.answer = app.help();
  } catch (const CLI::CallForAllHelp&) {
    line.answer = app.help("", CLI::AppFormatMode::All);
  } catch (const CLI::CallForVersion&) {
    line.answer = version_text();
  } catch (const CLI::ParseError& error) {
    throw UsageError(cli_problem(app, flags, error, from_environment) + "; see infer --help");
  }
  return line;
}

}  // namespace infer
