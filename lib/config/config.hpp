// What one run is to do: the validated form of the command line. Fields are named like their flags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "config/choices.hpp"
#include "keys/keys_path.hpp"
#include "record/image_root.hpp"
#include "record/input_format.hpp"
#include "record/record_choice.hpp"
#include "record/signature.hpp"

namespace infer {

/// Which model, and what is known of it that its file does not say.
struct ModelOptions {
  std::string path;
  std::vector<std::string> preload;   ///< shared libraries that are loaded before it
  bool broadcast = false;             ///< rank 0 reads it, and sends it to the other hosts
  bool stateful = false;              ///< score record after record: the model remembers the earlier ones
  std::optional<std::uint64_t> seed;  ///< of what the model draws, for each batch anew
  bool allow_batch_effects = false;   ///< rows may depend on the records that share their batch
};

/// Which records, and where in them the model's inputs lie.
struct InputOptions {
  std::vector<std::string> files;
  std::string list;                          ///< file that named some of them; empty: none
  std::optional<InputFormat> input_format;   ///< default: by each one's name
  std::vector<TensorSpec> spec;              ///< empty: learnt from the model and the first records
  std::map<std::string, std::string> field;  ///< model input → JSON path
  std::map<std::string, double> pad;         ///< model input → fill value
  bool missing_as_nan = false;               ///< --missing nan
  std::optional<std::size_t> max_length;     ///< tokens per text; default: what the bundle says
  std::optional<bool> truncate;  ///< texts: cut (default) or refuse those longer than the model takes
  std::string id_field = "id";
  std::vector<std::string> passthrough;
  std::size_t max_record_bytes = std::size_t{64} << 20U;
  std::string image_root;        ///< of all inputs' pictures; empty: each input's own folder
  bool images_anywhere = false;  ///< records may name any file
  std::uint64_t max_image_pixels = std::uint64_t{1} << 27U;  ///< of a picture in its file
  PictureDecoder decode = PictureDecoder::cpu;
  std::vector<ImageRoot> image_roots{};  ///< of each input, once they are known
  std::optional<std::uint64_t> chunk_bytes;
  std::optional<std::uint64_t> limit;  ///< only so many records, the first ones
  std::optional<double> sample;        ///< of them only so many in a hundred
  std::uint64_t sample_seed = 0;
};

/// --limit and --sample.
RecordChoice record_choice(const InputOptions& input);

/// What the pictures that records name may be.
ImageAccess image_access(const InputOptions& input);

/// Copied from a record to its row: --id-field and --passthrough, each once.
std::vector<std::string> carried_fields(const InputOptions& input);

/// What a row says of the model's outputs.
struct ResultOptions {
  std::optional<Task> task;  ///< default: the bundle's, else the outputs as they are
  std::string labels;        ///< file with one label per line; empty: the bundle's, else none
  std::size_t top_k = 1;
  bool all_scores = false;
  std::optional<double> threshold;
  bool per_token = false;  ///< each token's log probability too
};

/// Where rows and errors go.
struct OutputOptions {
  std::string path = "-";                   ///< with --output-dir the manifest's
  std::string dir;                          ///< in which each rank writes files of its own; empty: none does
  std::string format = "jsonl";             ///< of these files: their names' ending
  std::optional<std::uint64_t> part_bytes;  ///< of the input in each of them; default: by its size
  DType npy_dtype = DType::float32;         ///< of the values when the output is a .npy file
  NonFinite non_finite = NonFinite::null;
  OnError on_error = OnError::record;
  std::optional<std::string> errors;
  std::optional<ErrorAllowance> max_errors;   ///< default: none may
  std::optional<double> fail_on_error_rate;   ///< percent
  std::optional<double> min_rows_per_second;  ///< fewer are a failure
  StartRequest start;                         ///< --resume, --overwrite, --retry-errors
  bool keys = false;                          ///< a file of keys beside the output
  std::optional<std::size_t> repeat_cache;    ///< bytes of a rank, for records that come again; default: none
  std::vector<std::string> reuse;             ///< earlier outputs with keys, whose rows are taken over
  std::optional<std::string> trace;           ///< file for a timeline of all ranks
  std::optional<std::string> report;          ///< file for what became of the run, .json or .html
  std::optional<std::string> metrics_file;    ///< for node-exporter
};

/// Rows get keys, to be kept or to be found in earlier outputs.
inline bool wants_keys(const OutputOptions& output) { return output.keys || !output.reuse.empty(); }

/// How many records may fail: a rate alone says it, too.
inline ErrorAllowance allowed_errors(const OutputOptions& output) {
  if (output.max_errors || !output.fail_on_error_rate) return output.max_errors.value_or(ErrorAllowance{});
  return {*output.fail_on_error_rate, true};
}

/// When a run ends before its end, and what is safe then.
struct StopOptions {
  std::optional<Seconds> time_limit;               ///< from the start of the process to the wish to stop
  std::string time_limit_source = "--time-limit";  ///< for messages
  Seconds drain_timeout{20};                       ///< for what is in flight, once the run is to stop
  Seconds comm_timeout{25};                        ///< silence of a rank that ends the run
  Seconds stall_timeout{600};                      ///< of one step of a rank's work; longer ends the run
  Seconds journal_interval{1};
};

/// What a rank computes with.
struct ResourceOptions {
  std::string device = "auto";
  std::optional<int> replicas;                ///< batches at a time on each device; default: choose_runners()
  std::optional<int> threads;                 ///< of one batch; likewise
  int pipeline_ranks = 1;                     ///< that have the stages of a model together
  bool cudnn_attention = false;               ///< on a GPU: as Runners has it
  std::optional<std::size_t> max_batch_size;  ///< default: by device
  std::optional<std::size_t> max_batch_tokens;  ///< likewise
  Schedule schedule = Schedule::dynamic_grants;
  GatherKind gather = GatherKind::automatic;
};

/// How the program was called.
struct Invocation {
  std::string version;                                      ///< of infer, as it calls itself
  std::string config_file;                                  ///< what --config named; empty: none
  std::string as_typed;                                     ///< with its launcher, where that is known
  std::string to_resume = "the same command and --resume";  ///< for messages, as one types it
  std::vector<std::string> notices;                         ///< what was given and has no effect
  bool quiet = false;
  bool verbose = false;
  ShowProgress progress = ShowProgress::automatic;
  LogFormat log_format = LogFormat::text;
  Clock::time_point process_start = Clock::now();
  Clock::time_point main_start = Clock::now();
};

struct RunConfig {
  ModelOptions model;
  InputOptions input;
  ResultOptions results;
  OutputOptions output;
  StopOptions stops;
  ResourceOptions resources;
  Invocation command;
  /// Further outputs of the same pass over the input: each has a model, results, an output and devices of its
  /// own. All else of them is what outputs_of() makes it.
  std::vector<RunConfig> others{};
};

/// Each output of a run as if it were the only one.
std::vector<RunConfig> outputs_of(RunConfig config);

/// A name that ends as the files do in which rows are.
inline std::string rows_file(const OutputOptions& output) {
  return output.dir.empty() ? output.path : output.dir + "/part-00000." + output.format;
}

inline OutputNames output_names(const RunConfig& config) {
  const bool has_keys = config.output.keys && config.output.dir.empty();  // each part has its own
  auto keys = has_keys ? std::optional(keys_path(config.output.path)) : std::nullopt;
  return {config.output.path, config.output.errors, std::move(keys)};
}

}  // namespace infer
