#include "kernels/convolution/kept_weights.hpp"

#include <exception>

namespace infer::detail {
namespace {

std::int64_t version_of(const at::Tensor& weight) { return weight.is_inference() ? 0 : weight._version(); }

}  // namespace

std::optional<at::Tensor> KeptWeights::find(const at::Tensor& weight, std::int64_t kind, const Make& make) {
  const std::lock_guard lock(mutex_);
  auto found = entries_.find(weight.unsafeGetTensorImpl());
  const bool is_new = found == entries_.end() || found->second.version != version_of(weight);
  auto& entry = is_new ? remember(weight, kind) : found->second;
  if (entry.kind != kind || entry.has_failed || (is_new && from_ == From::second_use)) return std::nullopt;
  if (entry.made) return entry.made;
  try {
    entry.made = make();
  } catch (const std::exception&) {  // no memory, or a type that this processor has no instructions for
    entry.has_failed = true;
  }
  return entry.made;
}

std::size_t KeptWeights::size() {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

KeptWeights::Entry& KeptWeights::remember(const at::Tensor& weight, std::int64_t kind) {
  std::erase_if(entries_, [](const auto& entry) { return entry.second.weight.expired(); });
  Entry entry{decltype(Entry::weight)(weight.getIntrusivePtr()), version_of(weight), kind};
  return entries_.insert_or_assign(weight.unsafeGetTensorImpl(), std::move(entry)).first->second;
}

}  // namespace infer::detail
