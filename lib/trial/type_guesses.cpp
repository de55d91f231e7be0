#include "trial/type_guesses.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "signature/signature.hpp"
#include "trial/row_difference.hpp"
#include "trial/signature_trial.hpp"

namespace infer::detail {
namespace {

constexpr std::size_t kCompared = 16;  ///< records and choices of types that are compared

/// What two choices of types make of the same records.
struct TypesCompared {
  bool both_run = false;  ///< of at least one record
  std::optional<RowDifference> apart;
};

TypesCompared compare_types(Model& model, const Signature& one, const Signature& other,
                            const RunConfig& config, const RawChunk& sample) {
  constexpr Tolerance kExact{1e-6, 1e-6, 1e-9};
  TypesCompared compared;
  const auto left = decode_sample(one, config.input, sample);
  const auto right = decode_sample(other, config.input, sample);
  for (std::size_t e = 0; e < std::min({kCompared, left.examples, right.examples}); ++e) {
    const auto b = try_example(model, other, config, right, e);
    if (!b.accepted()) return compared;
    const auto a = try_example(model, one, config, left, e);
    if (!a.accepted()) continue;
    compared.both_run = true;
    auto apart = compare_rows({a.outputs, 0}, {b.outputs, 0}, kExact);
    if (apart.is_rounding() && !apart.in_shape) continue;
    const auto again = try_example(model, one, config, left, e);
    const bool repeats = compare_rows({a.outputs, 0}, {again.outputs, 0}, kExact).is_rounding();
    if (repeats) compared.apart = std::move(apart);  // else state or chance, which is looked at later
    break;
  }
  return compared;
}

}  // namespace

void settle_guesses(Model& model, Signature& chosen, const std::vector<Signature>& all,
                    const RunConfig& config, const RawChunk& sample) {
  std::size_t tried = 0;
  for (const auto& other : all) {
    if (std::ranges::equal(chosen.inputs, other.inputs, {}, &TensorSpec::dtype, &TensorSpec::dtype)) continue;
    if (++tried > kCompared) return;
    const auto compared = compare_types(model, chosen, other, config, sample);
    if (compared.apart) {
      throw UsageError("the model takes the first records as " + describe_signature(chosen) + " and as " +
                       describe_signature(other) + ", with other results (\"" + compared.apart->output +
                       "\": " + both_values(*compared.apart) +
                       "); say which with --input-spec, once for each input");
    }
    for (std::size_t i = 0; compared.both_run && i < chosen.inputs.size(); ++i)
      chosen.inputs[i].guessed |= is_floating(chosen.inputs[i].dtype) && is_integer(other.inputs[i].dtype);
  }
}

}  // namespace infer::detail
