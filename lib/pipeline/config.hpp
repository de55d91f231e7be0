// What one run is to do: the validated form of the command line. Fields are named like their flags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "batcher/batcher.hpp"
#include "comm/make_gather.hpp"
#include "record/tensor.hpp"
#include "writer/encoder.hpp"

namespace infer {

enum class Schedule { dynamic_grants, static_slices };

/// --max-errors: how many records may fail before the exit code says so.
struct ErrorAllowance {
  double value = 0;
  bool percent = false;

  bool permits(std::uint64_t failed, std::uint64_t rows) const {
    constexpr double kRounding = 1e-9;  // 32.3 is not exactly 32.3
    const auto limit = percent ? value / 100 * static_cast<double>(rows) : value;
    return static_cast<double>(failed) <= limit * (1 + kRounding);
  }
};

struct RunConfig {
  std::string model;
  std::vector<std::string> input;
  std::string output = "-";

  std::vector<TensorSpec> input_spec;        ///< empty: learnt from the model and the first records
  std::map<std::string, std::string> field;  ///< model input → JSON path
  std::map<std::string, double> pad;         ///< model input → fill value
  std::string id_field = "id";
  std::vector<std::string> passthrough;

  Task task = Task::outputs;
  std::string labels;  ///< file with one label per line; empty: none
  std::size_t top_k = 1;
  NonFinite non_finite = NonFinite::null;

  OnError on_error = OnError::record;
  std::optional<std::string> errors;
  ErrorAllowance max_errors;

  std::string device = "auto";
  std::optional<int> threads;
  Schedule schedule = Schedule::dynamic_grants;
  GatherKind gather = GatherKind::automatic;
  BatchLimits batch;
  std::optional<std::uint64_t> chunk_bytes;
  std::size_t max_record_bytes = std::size_t{64} << 20U;
  Seconds comm_timeout{60};  ///< silence of a rank that ends the run
  Clock::time_point process_start = Clock::now();
  Clock::time_point main_start = Clock::now();
};

}  // namespace infer
