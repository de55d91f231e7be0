#include "model/host_copies.hpp"

#include <ATen/ops/empty.h>

#include <utility>

namespace infer::detail {

void HostCopies::add(std::string name, const at::Tensor& output) {
  if (!output.defined() || output.is_cpu() || !is_dense(output)) {
    auto value = to_host(output, name, model_, half_types_);
    return complete_.push_back({std::move(name), std::move(value)});
  }
  const auto values = output.resolve_neg().contiguous();
  auto pinned = at::empty(values.sizes(), values.options().device(c10::kCPU).pinned_memory(true));
  pinned.copy_(values, /*non_blocking=*/true);
  under_way_.emplace_back(complete_.size(), std::move(pinned));
  complete_.push_back({std::move(name), {}});
}

std::vector<NamedTensor> HostCopies::take() {
  work_.wait();
  for (const auto& [at, pinned] : under_way_)
    complete_[at].value = to_host(pinned, complete_[at].name, model_, half_types_);
  under_way_.clear();
  return std::move(complete_);
}

}  // namespace infer::detail
