#include "model/package/stage_chain.hpp"

#include <c10/core/DeviceGuard.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "model/device.hpp"
#include "model/tensor_convert.hpp"

namespace infer::detail {
namespace {

std::vector<std::size_t> positions(const std::vector<std::string>& names,
                                   const std::vector<std::string>& known) {
  std::vector<std::size_t> found;
  for (const auto& name : names)
    found.push_back(static_cast<std::size_t>(std::ranges::find(known, name) - known.begin()));
  return found;
}

std::vector<ModelArgument> arguments_named(const std::vector<std::string>& names) {
  std::vector<ModelArgument> arguments;
  for (const auto& name : names) {
    arguments.push_back({name, false});
    arguments.back().position = arguments.size() - 1;
  }
  return arguments;
}

}  // namespace

StageChain::StageChain(const ModelFile& file, StageSpan span, std::span<const c10::Device> devices,
                       int replicas, const PackageFiles& files)
    : first_(span.begin) {
  INFER_ASSERT(span.size() > 0 && !devices.empty() && devices.size() <= span.size());
  const auto model = file.stages();
  for (std::size_t i = 0; i < span.size(); ++i)
    stages_.emplace_back(file, model.stages[span.begin + i].name, devices[i * devices.size() / span.size()],
                         replicas, files);
  connect(model, span);
  if (arguments_.empty()) arguments_ = stages_.front().arguments(file.path());
}

void StageChain::connect(const StagedModel& model, StageSpan span) {
  links_.resize(span.size());
  if (!model.is_cut()) return;
  is_last_ = span.end == model.stages.size();
  auto known = carried_into(model.stages, model.inputs, span.begin);
  arguments_ = arguments_named(known);
  results_ = carried_into(model.stages, model.inputs, span.end);
  for (std::size_t i = 0; i < span.size(); ++i) {
    const auto& stage = model.stages[span.begin + i];
    links_[i].takes = positions(stage.takes, known);
    known.insert(known.end(), stage.gives.begin(), stage.gives.end());
  }
  outputs_ = positions(results_, known);
  std::vector<bool> is_kept(known.size(), false);
  for (const auto position : outputs_) is_kept[position] = true;
  for (auto link = links_.rbegin(); link != links_.rend(); ++link) {
    for (const auto position : link->takes) {
      if (!is_kept[position]) link->drops.push_back(position);
      is_kept[position] = true;
    }
  }
}

std::vector<at::Tensor> StageChain::taken(std::vector<at::Tensor>& known, const Link& link,
                                          c10::Device device) const {
  if (link.takes.empty()) return std::exchange(known, {});
  std::vector<at::Tensor> values;
  values.reserve(link.takes.size());
  for (const auto position : link.takes) {
    auto& value = known[position];
    values.push_back(value.device() == device ? value : value.to(device, /*non_blocking=*/true));
  }
  for (const auto position : link.drops) known[position].reset();
  return values;
}

std::vector<at::Tensor> StageChain::run(std::vector<at::Tensor> values, std::optional<std::uint64_t> seed) {
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    auto& stage = stages_[i];
    const c10::DeviceGuard guard(stage.device());
    if (seed) seed_generator(stage.device(), *seed + first_ + i);
    auto results = stage.run(taken(values, links_[i], stage.device()));
    std::ranges::move(results, std::back_inserter(values));
  }
  if (outputs_.empty()) return values;
  std::vector<at::Tensor> outputs;
  outputs.reserve(outputs_.size());
  for (const auto position : outputs_) outputs.push_back(std::move(values.at(position)));
  return outputs;
}

std::uint64_t StageChain::constants_digest() const {
  Digest all;
  for (const auto& stage : stages_) {
    std::map<std::string, std::uint64_t> digests;  // in an order of their own
    for (const auto& [name, constant] : stage.constants()) digests[name] = digest_of_values(constant);
    for (const auto& [name, digest] : digests) all.add(name + digest_text(digest));
  }
  return all.value();
}

}  // namespace infer::detail
