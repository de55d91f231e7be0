#include "model/package/compiled_stage.hpp"

#include <c10/core/DeviceGuard.h>

#include <cstdlib>
#include <mutex>

#include "base/error.hpp"
#include "model/failure.hpp"
#include "model/torch_stand_in.hpp"
#include "model_file/package_facts.hpp"

namespace infer::detail {
namespace {

using Loader = torch::inductor::AOTIModelPackageLoader;

/// Of the exception in flight: whether the system refused to map the unpacked code.
bool may_run_nothing(const std::filesystem::path& folder) {
  const auto cause = current_cause();
  const auto says = [&](const char* text) { return cause.find(text) != std::string::npos; };
  return says("failed to map segment") && !says("Cannot allocate memory") &&
         (!may_execute_in(folder) || says("Operation not permitted") || says("Permission denied"));
}

std::unique_ptr<Loader> load_package(const std::string& name, c10::Device device, int replicas,
                                     const PackageFiles& files) {
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
      loader = std::make_unique<Loader>(package, name, kSingleThreaded, static_cast<std::size_t>(replicas),
                                        device_index);
    });
  } catch (...) {
    throw_load_failure(may_run_nothing(files.folder())
                           ? "nothing may be executed in " + files.folder().parent_path().string() +
                                 ", where it is unpacked; set TMPDIR to a folder that is not mounted noexec"
                           : "compile it again on this kind of machine with this version of torch");
  }
  return loader;
}

}  // namespace

CompiledStage::CompiledStage(const ModelFile& file, const std::string& name, c10::Device device, int replicas,
                             const PackageFiles& files)
    : device_(device) {
  const c10::DeviceGuard guard(device);
  loader_ = load_package(name, device, replicas, files);
  if (auto outside = file.weights())
    weights_ = std::make_unique<OutsideWeights>(std::move(outside), *loader_, device);
}

std::vector<ModelArgument> CompiledStage::arguments(const std::filesystem::path& path) const {
  const auto spec = loader_->get_call_spec();
  INFER_ASSERT(!spec.empty());
  auto arguments = arguments_of_spec(spec.front(), path);
  for (std::size_t i = 0; i < arguments.size(); ++i) arguments[i].position = i;
  return arguments;
}

std::unordered_map<std::string, at::Tensor> CompiledStage::constants() const {
  return loader_->get_runner()->extract_constants_map(/*use_inactive=*/false);
}

}  // namespace infer::detail
