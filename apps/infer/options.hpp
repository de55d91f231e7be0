// The command line as typed, and its translation into a validated RunConfig.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace infer {

/// One field per flag; names are the flags'.
struct Options {
  std::string model;
  std::vector<std::string> input;
  std::string input_list;
  std::string output = "-";
  std::vector<std::string> input_spec;
  std::vector<std::string> field;
  std::vector<std::string> pad;
  std::string missing = "error";
  std::string id_field = "id";
  std::vector<std::string> passthrough;
  std::size_t max_length = 0;
  std::string truncate;
  std::string task = "auto";
  std::string labels;
  std::size_t top_k = 1;
  std::string scores = "best";
  std::string threshold;
  std::string npy_dtype = "float32";
  std::string non_finite = "null";
  std::string on_error = "record";
  std::string errors;
  std::string max_errors = "0";
  bool resume = false;
  bool overwrite = false;
  bool retry_errors = false;
  double journal_interval = 1;
  double time_limit = 0;
  double drain_timeout = 20;
  double stall_timeout = 600;
  bool stateful = false;
  std::optional<std::uint64_t> seed;
  bool allow_batch_effects = false;
  std::string device = "auto";
  int threads = 0;
  int replicas = 0;
  bool cudnn_attention = false;
  std::string schedule = "dynamic";
  std::string gather = "auto";
  std::optional<std::size_t> max_batch_size;
  std::optional<std::size_t> max_batch_tokens;
  std::uint64_t chunk_bytes = 0;
  std::uint64_t max_record_bytes = std::uint64_t{64} << 20U;
  double comm_timeout = 60;
  std::string trace;
  std::string config;
  bool quiet = false;
  bool verbose = false;

  std::set<std::string> typed;                 ///< names of the flags on the command line
  std::vector<std::string> unknown_variables;  ///< INFER_... that are set and mean nothing
};

/// Throws UsageError with the flag, the value and what is allowed.
RunConfig make_run_config(const Options& options);

}  // namespace infer
