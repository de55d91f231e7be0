// Several models of a pass: what one forward needs for itself, it gets from all of them.
#pragma once

#include <vector>

#include "model/forward_gate.hpp"
#include "model/model.hpp"

namespace infer {

/// One of several models: a forward that must be alone is so among the forwards of all of them, for they
/// share a device's memory, the host's and the generators of random numbers. Each thread has its own; the
/// models and the gate must outlive it.
class AmongModels final : public Model {
 public:
  AmongModels(Model& model, detail::ForwardGate& gate_of_all) : model_(model), gate_(gate_of_all) {}

  const ModelInfo& info() const override { return model_.info(); }
  void use_this_thread() override { model_.use_this_thread(); }
  std::uint64_t state_digest() override { return model_.state_digest(); }
  DeviceUse take_device_use() override { return model_.take_device_use(); }
  void treat(const ModelTreatment& treatment) override { model_.treat(treatment); }
  void free_cached_memory() override { model_.free_cached_memory(); }

  /// A model that draws runs its own forwards one at a time anyway.
  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    const detail::ForwardGate::Pass pass(gate_, batch.alone || batch.seed.has_value());
    return model_.run(batch);
  }

 private:
  Model& model_;
  detail::ForwardGate& gate_;
};

}  // namespace infer
