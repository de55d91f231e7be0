#include "trial/dtype_choices.hpp"

#include <utility>

namespace infer::detail {
namespace {

std::vector<DType> dtypes_of_values(const ModelArgument& argument, const ObservedField& field,
                                    DType float_dtype) {
  if (argument.range && field.integers > 0 && field.integers >= field.reals) return {DType::int64};
  if (field.booleans > field.integers + field.reals) return {DType::boolean};
  if (field.reals > 0) return {float_dtype};
  return {DType::int64, float_dtype};
}

/// Every choice of one type per input, likeliest first.
std::vector<Signature> combinations(const Signature& base, const DTypeChoices& choices) {
  std::vector<Signature> all{base};
  for (std::size_t i = 0; i < choices.size(); ++i) {
    std::vector<Signature> grown;
    for (const auto dtype : choices[i]) {
      for (std::size_t k = 0; k < all.size() && grown.size() < kMaxCombinations; ++k) {
        grown.push_back(all[k]);
        grown.back().inputs[i].dtype = dtype;
      }
    }
    all = std::move(grown);
  }
  return all;
}

/// Every whole-number input as float, if there is one and no digit gets lost. A model that takes all of them
/// so takes numbers: a later record may have 0.5. One with indices or masks refuses at least one of them.
std::optional<Signature> all_floats(const Signature& base, const DTypeChoices& choices,
                                    const Observation& seen) {
  auto signature = base;
  bool open = false;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].size() > 1 && seen.fields[i].large > 0) return std::nullopt;
    open |= choices[i].size() > 1;
    signature.inputs[i].dtype = choices[i].back();
  }
  return open ? std::optional(signature) : std::nullopt;
}

/// Inputs that may be booleans written as numbers.
std::vector<std::size_t> inputs_of_bits(const Signature& base, const DTypeChoices& choices,
                                        const Observation& seen) {
  std::vector<std::size_t> bits;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const auto& field = seen.fields[i];
    const auto& pad = base.inputs[i].pad;
    const bool is_open = choices[i].size() > 1 && field.bits == field.integers && field.reals == 0;
    if (is_open && (!pad || holds(DType::boolean, *pad))) bits.push_back(i);
  }
  return bits;
}

}  // namespace

std::vector<DType> possible_dtypes(const ModelArgument& argument, const ObservedField& field,
                                   DType float_dtype, const std::optional<double>& pad) {
  auto dtypes = dtypes_of_values(argument, field, float_dtype);
  while (pad && dtypes.size() > 1 && !holds(dtypes.front(), *pad)) dtypes.erase(dtypes.begin());
  return dtypes;
}

std::vector<Signature> typed_signatures(const Signature& base, const DTypeChoices& choices,
                                        const Observation& seen) {
  auto all = combinations(base, choices);
  if (auto floats = all_floats(base, choices, seen)) all.insert(all.begin(), *std::move(floats));
  return all;
}

std::vector<DTypeChoices> boolean_choices(const Signature& base, const DTypeChoices& choices,
                                          const Observation& seen) {
  const auto bits = inputs_of_bits(base, choices, seen);
  std::vector<DTypeChoices> found;
  for (const auto one : bits) {
    found.push_back(choices);
    found.back()[one] = {DType::boolean};
  }
  for (std::size_t one = 0; one < bits.size(); ++one) {
    for (std::size_t other = one + 1; other < bits.size(); ++other) {
      found.push_back(found[one]);
      found.back()[bits[other]] = {DType::boolean};
    }
  }
  return found;
}

}  // namespace infer::detail
