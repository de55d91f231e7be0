#include "model/aotinductor_model.hpp"

#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/error_stream.hpp"
#include "model/device.hpp"
#include "model/device_clock.hpp"
#include "model/failure.hpp"
#include "model/forward_gate.hpp"
#include "model/host_copies.hpp"
#include "model/package/outside_weights.hpp"
#include "model/package/package_files.hpp"
#include "model/preload.hpp"
#include "model/tensor_convert.hpp"
#include "model/torch_stand_in.hpp"
#include "model_file/package_facts.hpp"

namespace infer::detail {
namespace {

using Loader = torch::inductor::AOTIModelPackageLoader;

void check_device(const PackageFacts& facts, const ModelConfig& config) {
  const bool runs_on_cuda = config.device.starts_with("cuda");
  if (facts.device == (runs_on_cuda ? "cuda" : "cpu")) return;
  throw LoadProblem("compiled for " + facts.device + ", but the device is " + config.device +
                    "; use --device " + facts.device + ", or compile the model on " +
                    (runs_on_cuda ? "cuda" : "cpu"));
}

/// Of the exception in flight: whether the system refused to map the unpacked code.
bool may_run_nothing(const std::filesystem::path& folder) {
  const auto cause = current_cause();
  const auto says = [&](const char* text) { return cause.find(text) != std::string::npos; };
  return says("failed to map segment") && !says("Cannot allocate memory") &&
         (!may_execute_in(folder) || says("Operation not permitted") || says("Permission denied"));
}

std::unique_ptr<Loader> load_package(const ModelFile& file, c10::Device device, int replicas,
                                     PackageFiles& files) {
  // Constructors share a static JSON object (pytorch#194128).
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  // Generated code checks its inputs only if told so; unchecked, a wrong shape is silent garbage. Read at the
  // first run of each package.
  setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", /*overwrite=*/1);
  if (device.is_cpu()) load_torch_stand_in();
  constexpr bool kSingleThreaded = false;
  const auto device_index = device.is_cuda() ? device.index() : c10::DeviceIndex{-1};
  std::unique_ptr<Loader> loader;
  try {
    files.use_for([&](const std::string& package) {
      loader = std::make_unique<Loader>(package, file.package_name(), kSingleThreaded,
                                        static_cast<std::size_t>(replicas), device_index);
    });
  } catch (...) {
    throw_load_failure(may_run_nothing(files.folder())
                           ? "nothing may be executed in " + files.folder().parent_path().string() +
                                 ", where it is unpacked; set TMPDIR to a folder that is not mounted noexec"
                           : "compile it again on this kind of machine with this version of torch");
  }
  files.remove_loaded();
  return loader;
}

ModelInfo describe(std::uint64_t file_bytes, const PackageFacts& facts) {
  ModelInfo info;
  info.format = ModelFormat::aotinductor;
  info.device = facts.device;
  info.compiled_for = facts.device == "cpu" ? facts.cpu_isa : facts.compute_capability;
  info.file_bytes = file_bytes;
  return info;
}

std::vector<ModelArgument> arguments_of(Loader& loader, const std::filesystem::path& path) {
  const auto spec = loader.get_call_spec();
  INFER_ASSERT(!spec.empty());
  auto arguments = arguments_of_spec(spec.front(), path);
  for (std::size_t i = 0; i < arguments.size(); ++i) arguments[i].position = i;
  return arguments;
}

class AotInductorModel final : public Model {
 public:
  AotInductorModel(std::filesystem::path path, int threads, c10::Device device, ModelInfo info,
                   std::unique_ptr<PackageFiles> files, std::unique_ptr<OutsideWeights> weights,
                   std::unique_ptr<Loader> loader)
      : path_(std::move(path)),
        threads_(threads),
        device_(device),
        info_(std::move(info)),
        files_(std::move(files)),
        weights_(std::move(weights)),
        loader_(std::move(loader)) {
    info_.arguments = arguments_of(*loader_, path_);
  }

  const ModelInfo& info() const override { return info_; }

  void use_this_thread() override { prepare_thread(device_, threads_); }
  void free_cached_memory() override { detail::free_cached_memory(device_); }

  DeviceUse take_device_use() override { return clock_.take(); }

  void treat(const ModelTreatment& treatment) override { one_at_a_time_ = treatment.one_at_a_time; }

  /// Replicas share the constants, and those that a forward writes are not told apart by the file.
  std::uint64_t state_digest() override {
    const c10::InferenceMode inference;
    std::map<std::string, std::uint64_t> digests;  // in an order of their own
    for (const auto& [name, constant] : loader_->get_runner()->extract_constants_map(/*use_inactive=*/false))
      digests[name] = digest_of_values(constant);
    Digest all;
    for (const auto& [name, digest] : digests) all.add(name + digest_text(digest));
    return all.value();
  }

  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    INFER_ASSERT(batch.inputs.size() == batch.dtypes.size());
    check_input_count(batch.inputs.size());
    const ForwardGate::Pass pass(gate_, batch.alone || one_at_a_time_);
    const auto failed_before = failed_allocations(device_);
    HeldErrorStream said;  // the generated code writes each error that it throws to std::cerr
    try {
      const c10::InferenceMode inference;
      if (batch.seed) seed_generator(device_, *batch.seed);
      DeviceClock::Work work(clock_);
      HostCopies copies(work, path_);
      send_outputs(loader_->boxed_run(place(batch)), copies);
      auto outputs = copies.take();
      check_batch_dimension(outputs, batch.rows, path_);
      return outputs;
    } catch (...) {
      if (current_cause_is_known()) said.drop_errors();
      throw_forward_failure(path_, failed_allocations(device_) > failed_before);
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
      placed.push_back(to_device(batch.inputs[i], batch.dtypes[i], device_));
    return placed;
  }

  static void send_outputs(const std::vector<at::Tensor>& tensors, HostCopies& copies) {
    std::size_t number = 0;
    for (const auto& tensor : tensors) copies.add("output" + std::to_string(number++), tensor);
  }

  std::filesystem::path path_;
  int threads_;
  c10::Device device_;
  ModelInfo info_;
  std::unique_ptr<PackageFiles> files_;  // these go after the loader
  std::unique_ptr<OutsideWeights> weights_;
  std::unique_ptr<Loader> loader_;
  bool one_at_a_time_ = false;
  ForwardGate gate_;
  DeviceClock clock_{device_};
};

}  // namespace

std::unique_ptr<Model> load_aotinductor(const ModelFile& file, const ModelConfig& config) {
  const auto device = open_device(config.device, config.cudnn_attention);
  preload_libraries(config.libraries, device.is_cpu());
  const auto facts = file.package_facts();
  check_device(facts, config);
  check_machine(facts, file.path());
  auto files = std::make_unique<PackageFiles>(file, config.unpacked);
  const c10::DeviceGuard guard(device);
  auto loader = load_package(file, device, config.replicas, *files);
  std::unique_ptr<OutsideWeights> weights;
  if (auto outside = file.weights())
    weights = std::make_unique<OutsideWeights>(std::move(outside), *loader, device);
  finish_device_work(device);
  return std::make_unique<AotInductorModel>(file.path(), config.threads, device,
                                            describe(file.bytes(), facts), std::move(files),
                                            std::move(weights), std::move(loader));
}

ModelInfo inspect_aotinductor(const ModelFile& file) {
  const auto facts = file.package_facts();
  auto info = describe(file.bytes(), facts);
  if (facts.device != "cpu") return info;  // the arguments stand in code that needs the device to load
  check_machine(facts, file.path());
  PackageFiles files(file, {});
  info.arguments = arguments_of(*load_package(file, c10::Device(c10::kCPU), 1, files), file.path());
  return info;
}

}  // namespace infer::detail
