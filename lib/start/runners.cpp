#include "start/runners.hpp"

#include <algorithm>

#include "config/defaults.hpp"

namespace infer {

Runners choose_runners(const ResourceOptions& resources, int cores, const LocalDevices& local) {
  Runners runners;
  runners.devices = choose_devices(resources.device, local);
  const auto share = [cores](int parts) { return std::max(1, cores / parts); };
  runners.threads =
      resources.threads.value_or(runners.on_cpu() && resources.replicas ? share(*resources.replicas) : 1);
  runners.replicas = resources.replicas.value_or(runners.on_cpu() ? share(runners.threads) : kGpuReplicas);
  runners.cudnn_attention = resources.cudnn_attention;
  return runners;
}

std::string describe_runners(const Runners& runners) {
  if (runners.on_cpu()) {
    return "cpu, " + std::to_string(runners.replicas) + " replica(s) of " + std::to_string(runners.threads) +
           " thread(s) each";
  }
  const auto replicas =
      runners.replicas == 1 ? "" : ", " + std::to_string(runners.replicas) + " replicas on each";
  if (runners.devices.size() == 1) return "cuda, one GPU each" + replicas;
  return "cuda, " + std::to_string(runners.devices.size()) + " GPUs each" + replicas;
}

std::vector<std::shared_ptr<Model>> load_runners(const ModelFile& file, const Runners& runners,
                                                 const ModelTreatment& treatment,
                                                 const std::filesystem::path& unpacked) {
  std::vector<std::shared_ptr<Model>> models;
  for (const auto& device : runners.devices) {
    const std::shared_ptr<Model> model = load_model(
        file,
        {device, runners.threads, runners.replicas, runners.cudnn_attention, unpacked, runners.libraries});
    model->treat(treatment);
    models.insert(models.end(), static_cast<std::size_t>(runners.replicas), model);
  }
  return models;
}

}  // namespace infer
