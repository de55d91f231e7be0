// Which types a model's inputs may have by the values that records hold, in the order in which they are to be
// tried. Pure. Internal to how signatures are settled.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "decoder/observe.hpp"
#include "model_file/model_facts.hpp"
#include "record/signature.hpp"

namespace infer::detail {

/// Of each input those that it may have, the likeliest first.
using DTypeChoices = std::vector<std::vector<DType>>;

constexpr std::size_t kMaxCombinations = 63;  ///< of types over all inputs

/// Types that the values seen could be. A fill value decides too; the last type stays, to be named in the
/// message that refuses it.
std::vector<DType> possible_dtypes(const ModelArgument& argument, const ObservedField& field,
                                   DType float_dtype, const std::optional<double>& pad);

/// `base` with one type per input: with floats alone, where that loses nothing, then with every choice, as
/// far as kMaxCombinations.
std::vector<Signature> typed_signatures(const Signature& base, const DTypeChoices& choices,
                                        const Observation& seen);

/// The choices with some of the inputs as booleans that have nothing but 0 and 1, as masks are often written:
/// one of them, then two.
std::vector<DTypeChoices> boolean_choices(const Signature& base, const DTypeChoices& choices,
                                          const Observation& seen);

}  // namespace infer::detail
