// Trying a signature on sample records. Internal to how signatures are settled.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "model/model.hpp"
#include "record/decoded_chunk.hpp"
#include "record/predicted_chunk.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer::detail {

/// One forward of some sample records, for what it shows.
struct Attempt {
  std::vector<NamedTensor> outputs;  ///< empty when it was refused
  std::string refusal;               ///< the model's message; empty when it ran
  bool no_memory = false;            ///< that was the reason
  bool wrong_rows = false;           ///< it ran, but gave not a row per record

  bool accepted() const { return refusal.empty(); }
};

/// `examples` of the columns as one batch, the last one more often where the signature asks for more rows:
/// the outputs then have more. Throws UsageError for what no batch can mend.
Attempt try_batch(Model& model, const Signature& signature, std::span<const Column> columns,
                  const std::vector<std::size_t>& examples, bool as_saved = false,
                  std::optional<std::uint64_t> seed = {});

/// The outcome of trying a signature on sample records.
struct Trial {
  bool decoded = false;       ///< at least one record had values for it
  std::size_t unfit = 0;      ///< records before the first one that had
  Attempt last;               ///< what the model said to the last one given to it
  std::size_t only_rows = 0;  ///< it takes batches of this size alone; 0: not known, or of any

  bool accepted() const { return decoded && last.accepted(); }
};

/// `tokenizer` is for signatures with text.
DecodedChunk decode_sample(const Signature& signature, const InputOptions& input, const RawChunk& sample,
                           const std::shared_ptr<const Tokenizer>& tokenizer = nullptr);

/// Records per batch, as far as model and flags go.
std::size_t most_rows(const Signature& signature, const RunConfig& config);

/// Runs the model on one example, given twice where batches may have two: an output without batch dimension
/// shows, as UsageError. Once where the memory is too small for two.
Attempt try_example(Model& model, const Signature& signature, const RunConfig& config,
                    const DecodedChunk& chunk, std::size_t example);

/// How many records a trial may give to the model, and whether it looks for the one size of a batch that the
/// model takes where it refuses two records.
struct TrialLimits {
  std::size_t records = 1;
  bool any_size = false;
};

/// Tries records in order until one runs. `tokenizer` is for signatures with text.
Trial try_signature(Model& model, const Signature& signature, const RunConfig& config, const RawChunk& sample,
                    const TrialLimits& limits, const std::shared_ptr<const Tokenizer>& tokenizer = nullptr);

/// To the one size that the model takes; nothing where `only_rows` is 0.
void limit_batch(Signature& signature, std::size_t only_rows);

}  // namespace infer::detail
