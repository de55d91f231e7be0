// What the tests of signatures share: models that accept or refuse, and what becomes of a few records.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signature/signature.hpp"
#include "trial/resolve_signature.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/decoder/raw_chunk.hpp"
#include "unit/model/fake_model.hpp"
#include "unit/record/field_signature.hpp"
#include "unit/record/tensors.hpp"

namespace infer::test {

using Inputs = std::span<const HostTensor>;
using DTypes = std::span<const DType>;

/// One number for each row of the batch.
inline std::vector<NamedTensor> scores(Inputs inputs) {
  const auto rows = inputs[0].shape.at(0);
  const std::vector<float> values(static_cast<std::size_t>(rows), 1.0F);
  return {{"y", test::tensor_of<float>(DType::float32, {rows}, values)}};
}

inline FakeModel accepting(std::vector<ModelArgument> arguments) {
  return {std::move(arguments), [](Inputs inputs, DTypes) { return scores(inputs); }};
}

inline FakeModel accepting_only(std::vector<ModelArgument> arguments, std::vector<DType> wanted) {
  return {std::move(arguments), [wanted = std::move(wanted)](Inputs inputs, DTypes dtypes) {
            if (!std::ranges::equal(dtypes, wanted)) throw ModelError("wrong dtype");
            return scores(inputs);
          }};
}

inline std::string described(FakeModel& model, const std::vector<std::string_view>& lines,
                             const RunConfig& config = {}, const std::optional<Bundle>& bundle = {}) {
  return describe_signature(resolve_signature(model, bundle, config, raw_chunk(lines)).signature);
}

inline std::string refused(FakeModel& model, const std::vector<std::string_view>& lines,
                           const RunConfig& config = {}) {
  return message_of<UsageError>([&] { resolve_signature(model, {}, config, raw_chunk(lines)); });
}

}  // namespace infer::test
