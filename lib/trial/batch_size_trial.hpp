// Finds the one size of a batch that a model takes which was traced or exported for it. Internal to how
// signatures are settled.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "trial/signature_trial.hpp"

namespace infer::detail {

struct BatchSize {
  std::size_t rows = 0;
  Attempt attempt;  ///< of so many rows
};

/// For a model that said `refusal` to two rows: one row, the numbers that the refusal names, then powers of
/// two, each filled with the first example of `columns`. Looks for two seconds at most.
std::optional<BatchSize> find_batch_size(Model& model, const Signature& signature,
                                         std::span<const Column> columns, const std::string& refusal);

/// The numbers from 3 to 256 in a text, once each, in its order: a model says which size it expected.
std::vector<std::size_t> sizes_named(const std::string& refusal);

}  // namespace infer::detail
