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
#include "record/signature.hpp"

namespace infer {

struct RunConfig {
  std::string version;  ///< of infer, as it calls itself
  std::string model;
  std::vector<std::string> input;
  std::string input_list;  ///< file that named some of them; empty: none
  std::string output = "-";
  DType npy_dtype = DType::float32;  ///< of the values when the output is a .npy file
  StartRequest start;                ///< --resume, --overwrite, --retry-errors
  Seconds journal_interval{1};

  std::vector<TensorSpec> input_spec;        ///< empty: learnt from the model and the first records
  std::map<std::string, std::string> field;  ///< model input → JSON path
  std::map<std::string, double> pad;         ///< model input → fill value
  bool missing_as_nan = false;               ///< --missing nan
  std::string id_field = "id";
  std::vector<std::string> passthrough;

  std::optional<bool> truncate;  ///< texts: cut (default) or refuse those longer than the model takes
  std::optional<std::size_t> max_length;  ///< tokens per text; default: what the bundle says

  std::optional<Task> task;  ///< default: the bundle's, else the outputs as they are
  std::string labels;        ///< file with one label per line; empty: the bundle's, else none
  std::size_t top_k = 1;
  bool all_scores = false;
  std::optional<double> threshold;
  NonFinite non_finite = NonFinite::null;

  OnError on_error = OnError::record;
  std::optional<std::string> errors;
  ErrorAllowance max_errors;

  bool stateful = false;              ///< score record after record: the model remembers the earlier ones
  std::optional<std::uint64_t> seed;  ///< of what the model draws, for each batch anew
  bool allow_batch_effects = false;   ///< rows may depend on the records that share their batch

  std::string device = "auto";
  std::optional<int> threads;    ///< of one batch; default: choose_runners()
  std::optional<int> replicas;   ///< batches at a time on each device; likewise
  bool cudnn_attention = false;  ///< on a GPU: as Runners has it
  Schedule schedule = Schedule::dynamic_grants;
  GatherKind gather = GatherKind::automatic;
  std::optional<std::size_t> max_batch_size;    ///< default: by device
  std::optional<std::size_t> max_batch_tokens;  ///< likewise
  std::optional<std::uint64_t> chunk_bytes;
  std::size_t max_record_bytes = std::size_t{64} << 20U;
  Seconds comm_timeout{60};                        ///< silence of a rank that ends the run
  Seconds stall_timeout{600};                      ///< of one step of a rank's work; longer ends the run
  Seconds drain_timeout{20};                       ///< for what is in flight, once the run is to stop
  std::optional<Seconds> time_limit;               ///< from the start of the process to the wish to stop
  std::string time_limit_source = "--time-limit";  ///< for messages
  std::optional<std::string> trace;                ///< file for a timeline of all ranks
  std::string config_file;                         ///< what --config named; empty: none
  std::string resume_command = "the same command and --resume";  ///< for messages, as one types it
  std::vector<std::string> notices;                              ///< what was given and has no effect
  Clock::time_point process_start = Clock::now();
  Clock::time_point main_start = Clock::now();
};

inline OutputNames output_names(const RunConfig& config) { return {config.output, config.errors}; }

}  // namespace infer
