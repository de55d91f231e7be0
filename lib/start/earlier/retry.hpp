// --retry-errors: which records of the input are to be scored again, and how their rows lie in the output.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "encoder/encoder.hpp"
#include "record/selection.hpp"
#include "start/earlier/to_score.hpp"
#include "writer/splice/retry_config.hpp"

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

/// Whether an output consists of pieces, one for each chunk with rows.
bool is_in_pieces(const OutputOptions& output);
/// Whether nobody can tell from it which records its chunks have.
bool shows_no_chunks(const OutputOptions& output);
/// Chunks of a part in a run that is finished; 0: it has no parts.
std::uint64_t earlier_part_chunks(const RunRecord& then);

RetryConfig retry_config(const EncoderConfig& encoder, std::shared_ptr<const Selection> selected);
/// Likewise; for a folder `run` is what it will be made of, and `then` what it was made of.
RetryConfig retry_config(const RunConfig& config, const EncoderConfig& encoder, const ToScore& to_score,
                         const RunRecord& then, const RunRecord& run);

/// What a retry writes anew.
struct RetryWork {
  std::uint64_t parts = 0;  ///< of a folder; the others stay
  std::uint64_t bytes = 0;  ///< of the earlier output, about as many as will be written
};
RetryWork retry_work(const RunConfig& config, const RetryConfig& retry);

}  // namespace infer
