#include "model/aotinductor_model.hpp"

#include <c10/core/InferenceMode.h>

#include <array>
#include <deque>
#include <utility>

#include "base/error.hpp"
#include "base/error_stream.hpp"
#include "model/device.hpp"
#include "model/device_clock.hpp"
#include "model/failure.hpp"
#include "model/forward_gate.hpp"
#include "model/host_copies.hpp"
#include "model/package/package_files.hpp"
#include "model/package/stage_chain.hpp"
#include "model/preload.hpp"
#include "model/tensor_convert.hpp"
#include "model_file/package_facts.hpp"

namespace infer::detail {
namespace {

void check_device(const PackageFacts& facts, const ModelConfig& config) {
  const bool runs_on_cuda = config.device.starts_with("cuda");
  if (facts.device == (runs_on_cuda ? "cuda" : "cpu")) return;
  throw LoadProblem("compiled for " + facts.device + ", but the device is " + config.device +
                    "; use --device " + facts.device + ", or compile the model on " +
                    (runs_on_cuda ? "cuda" : "cpu"));
}

ModelInfo describe(std::uint64_t file_bytes, const PackageFacts& facts) {
  ModelInfo info;
  info.format = ModelFormat::aotinductor;
  info.device = facts.device;
  info.compiled_for = facts.device == "cpu" ? facts.cpu_isa : facts.compute_capability;
  info.file_bytes = file_bytes;
  return info;
}

/// Those of a run: the first is the first stage's, and no more than there are stages.
std::vector<c10::Device> open_devices(const ModelConfig& config, std::size_t stages) {
  std::vector<c10::Device> devices{open_device(config.device, config.cudnn_attention)};
  for (const auto& name : config.more_devices) {
    if (devices.size() < stages) devices.push_back(open_device(name, config.cudnn_attention));
  }
  return devices;
}

class AotInductorModel final : public Model {
 public:
  /// `devices`: all that the chain is on, each once.
  AotInductorModel(std::filesystem::path path, int threads, const std::vector<c10::Device>& devices,
                   ModelInfo info, std::unique_ptr<PackageFiles> files, std::unique_ptr<StageChain> chain)
      : path_(std::move(path)),
        threads_(threads),
        devices_(devices),
        info_(std::move(info)),
        files_(std::move(files)),
        chain_(std::move(chain)) {
    info_.arguments = chain_->arguments();
    for (const auto device : devices_) clocks_.emplace_back(device);
  }

  const ModelInfo& info() const override { return info_; }

  /// The first device is current in the end.
  void use_this_thread() override {
    for (auto device = devices_.rbegin(); device != devices_.rend(); ++device)
      prepare_thread(*device, threads_);
  }
  void free_cached_memory() override { detail::free_cached_memory(devices_.front()); }

  DeviceUse take_device_use() override {
    DeviceUse all;
    for (auto& clock : clocks_) {
      const auto use = clock.take();
      all.intervals.insert(all.intervals.end(), use.intervals.begin(), use.intervals.end());
      all.busy_ns += use.busy_ns;
      all.waits += use.waits;
    }
    return all;
  }

  void treat(const ModelTreatment& treatment) override { one_at_a_time_ = treatment.one_at_a_time; }

  /// Replicas share the constants, and those that a forward writes are not told apart by the file.
  std::uint64_t state_digest() override {
    const c10::InferenceMode inference;
    return chain_->constants_digest();
  }

  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    INFER_ASSERT(batch.inputs.size() == batch.dtypes.size());
    check_input_count(batch.inputs.size());
    const ForwardGate::Pass pass(gate_, batch.alone || one_at_a_time_);
    const auto failed_before = failed_allocations();
    HeldErrorStream said;  // the generated code writes each error that it throws to std::cerr
    try {
      const c10::InferenceMode inference;
      std::deque<DeviceClock::Work> work;  // on each device
      for (auto& clock : clocks_) work.emplace_back(clock);
      HostCopies copies(work.back(), path_,
                        chain_->is_last() ? HalfTypes::as_float32 : HalfTypes::as_they_are);
      send_outputs(chain_->run(place(batch), batch.seed), copies);
      auto outputs = copies.take();
      for (auto& each : work) each.wait();
      if (chain_->is_last()) check_batch_dimension(outputs, batch.rows, path_);
      return outputs;
    } catch (...) {
      if (current_cause_is_known()) said.drop_errors();
      throw_forward_failure(path_, failed_allocations() > failed_before);
    }
  }

 private:
  /// The generated code reads its inputs by position and would run past the end of a shorter list.
  void check_input_count(std::size_t given) const {
    const auto wanted = info_.arguments.size();
    if (given == wanted) return;
    throw RunError(path_.string() + ": the model takes " + std::to_string(wanted) + " inputs, but " +
                   std::to_string(given) +
                   " were given; describe each with --input-spec, in the model's order");
  }

  std::vector<at::Tensor> place(const ModelBatch& batch) const {
    std::vector<at::Tensor> placed;
    placed.reserve(batch.inputs.size());
    for (std::size_t i = 0; i < batch.inputs.size(); ++i)
      placed.push_back(to_device(batch.inputs[i], batch.dtypes[i], devices_.front()));
    return placed;
  }

  void send_outputs(std::vector<at::Tensor> tensors, HostCopies& copies) const {
    const auto& names = chain_->results();
    for (std::size_t i = 0; i < tensors.size(); ++i)
      copies.add(names.empty() || chain_->is_last() ? "output" + std::to_string(i) : names.at(i),
                 std::exchange(tensors[i], {}));
  }

  std::int64_t failed_allocations() const {
    std::int64_t sum = 0;
    for (const auto device : devices_) sum += detail::failed_allocations(device);
    return sum;
  }

  std::filesystem::path path_;
  int threads_;
  std::vector<c10::Device> devices_;
  ModelInfo info_;
  std::unique_ptr<PackageFiles> files_;  // goes after the next
  std::unique_ptr<StageChain> chain_;
  bool one_at_a_time_ = false;
  ForwardGate gate_;
  std::deque<DeviceClock> clocks_;  // one per device
};

}  // namespace

std::unique_ptr<Model> load_aotinductor(const ModelFile& file, const ModelConfig& config) {
  const auto span = config.stages.value_or(StageSpan{0, file.stages().stages.size()});
  const auto devices = open_devices(config, span.size());
  preload_libraries(config.libraries, devices.front().is_cpu());
  const auto facts = file.package_facts();
  check_device(facts, config);
  check_machine(facts, file.path());
  auto files = std::make_unique<PackageFiles>(file, config.unpacked);
  auto chain = std::make_unique<StageChain>(file, span, devices, config.replicas, *files);
  files->remove_loaded();
  for (const auto device : devices) finish_device_work(device);
  return std::make_unique<AotInductorModel>(file.path(), config.threads, devices,
                                            describe(file.bytes(), facts), std::move(files),
                                            std::move(chain));
}

ModelInfo inspect_aotinductor(const ModelFile& file) {
  const auto facts = file.package_facts();
  auto info = describe(file.bytes(), facts);
  if (facts.device != "cpu") return info;  // the arguments stand in code that needs the device to load
  check_machine(facts, file.path());
  PackageFiles files(file, {});
  const auto stages = file.stages();
  const std::array devices{c10::Device(c10::kCPU)};
  info.arguments = StageChain(file, {0, stages.stages.size()}, devices, 1, files).arguments();
  return info;
}

}  // namespace infer::detail
