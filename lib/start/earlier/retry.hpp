// --retry-errors: which records of the input are to be scored again, and how their rows lie in the output.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "encoder/encoder.hpp"
#include "record/selection.hpp"
#include "writer/row_splice.hpp"

namespace infer {

/// The records that failed in the finished output, by the chunk that each is in. Throws UsageError when that
/// cannot be told, or one is of a file that is no input.
Selection find_failed_records(const RunConfig& config,
                              const std::function<std::uint64_t(const SelectedRecord&)>& chunk_of);

/// Whether an error row says of which input it is: not when one is given twice.
bool are_told_apart(const std::vector<std::string>& inputs);

/// Why the failed records cannot be found by their numbers in an input that had `then` records (0: not known)
/// and has `now`; empty when they can.
std::string renumbering_problem(std::uint64_t then, std::uint64_t now);

RetryConfig retry_config(const EncoderConfig& encoder, std::shared_ptr<const Selection> selected);

}  // namespace infer
