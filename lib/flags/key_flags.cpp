#include "flags/key_flags.hpp"

#include <string>

#include "base/error.hpp"

namespace infer::detail {
namespace {

std::string flags_of_keys(const OutputOptions& output) {
  if (output.reuse.empty()) return "--keys";
  return output.keys ? "--keys and --reuse" : "--reuse";
}

std::string flags_of_repeats(const OutputOptions& output) {
  return wants_keys(output) ? flags_of_keys(output) : "--repeat-cache";
}

/// A row must be its record's alone.
void check_rows_alone(const ModelOptions& model, const std::string& flags) {
  const char* other = model.stateful              ? "--stateful"
                      : model.seed                ? "--seed"
                      : model.allow_batch_effects ? "--allow-batch-effects"
                                                  : nullptr;
  if (other != nullptr)
    throw UsageError(flags + " and " + other +
                     ": rows are then no function of their records alone, so none can be used again; give "
                     "one of them");
}

}  // namespace

void check_keys(const RunConfig& config) {
  const auto& output = config.output;
  if (wants_keys(output) || output.repeat_cache) check_rows_alone(config.model, flags_of_repeats(output));
  if (!wants_keys(output)) return;
  if (output.keys && output.path == "-")
    throw UsageError(
        "--keys: the rows go to standard output, beside which no file can be; give --output FILE");
  if (output.start.retry_errors)
    throw UsageError(
        flags_of_keys(output) +
        " and --retry-errors: --reuse FILE with --overwrite scores what failed in FILE, and what "
        "is new, and takes over all else");
}

}  // namespace infer::detail
