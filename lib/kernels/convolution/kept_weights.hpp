// What is made of a model's weights once, for as long as they live.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/intrusive_ptr.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace infer::detail {

/// Thread-safe. Runners on the same weights wait for the first of them.
class KeptWeights {
 public:
  enum class From {
    first_use,
    second_use,  ///< of a weight that the model computes anew for each batch, nothing is made
  };
  using Make = std::function<at::Tensor()>;

  explicit KeptWeights(From from) : from_(from) {}

  /// What `make` made of the weight, for layers of this kind. Nothing where it threw, before the use that it
  /// is made from, and for another kind than the first.
  std::optional<at::Tensor> find(const at::Tensor& weight, std::int64_t kind, const Make& make);

  /// Of how many weights something is known; those that are gone are forgotten with the next new one.
  std::size_t size();

 private:
  /// A weak reference keeps a weight's address from being another's.
  struct Entry {
    c10::weak_intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl> weight;
    std::int64_t version;  ///< counts changes of its values, where LibTorch counts them
    std::int64_t kind;
    std::optional<at::Tensor> made = std::nullopt;
    bool has_failed = false;
  };

  Entry& remember(const at::Tensor& weight, std::int64_t kind);

  From from_;
  std::mutex mutex_;
  std::unordered_map<const c10::TensorImpl*, Entry> entries_;
};

}  // namespace infer::detail
