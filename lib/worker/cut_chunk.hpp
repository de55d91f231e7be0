// A decoded chunk, cut into batches of a model. Internal to how chunks are predicted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "batcher/batcher.hpp"
#include "record/chunk_account.hpp"
#include "record/decoded_chunk.hpp"
#include "record/predicted_chunk.hpp"
#include "record/signature.hpp"

namespace infer::detail {

/// Read by all threads; a thread writes only the errors of its own batches' rows.
struct CutChunk {
  /// `its_signature` must outlive this.
  CutChunk(DecodedChunk decoded, const Signature& its_signature, const BatchLimits& limits,
           std::optional<std::uint64_t> its_seed);

  /// The first one that the example came from.
  Row& row_of(std::size_t example) { return chunk.table.rows[first_rows[example]]; }
  const Row& row_of(std::size_t example) const { return chunk.table.rows[first_rows[example]]; }

  /// An example's error becomes that of all its rows.
  void spread_errors();

  /// In the records, without padding.
  std::uint64_t elements() const;

  /// Sizes that the model met in `taken`.
  ChunkAccount sizes_met(std::span<const BatchOutputs> taken) const;

  DecodedChunk chunk;
  const Signature& signature;
  BatchLimits cut_by;
  std::optional<std::uint64_t> seed;
  std::vector<DType> dtypes;            ///< of the inputs
  std::vector<std::size_t> first_rows;  ///< of each example
  std::vector<ExampleSize> sizes;
  std::vector<std::vector<std::size_t>> batches;
};

}  // namespace infer::detail
