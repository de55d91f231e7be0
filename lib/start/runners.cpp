#include "start/runners.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/defaults.hpp"
#include "model_file/model_file.hpp"

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

std::size_t count_stages(const ModelFile& file) {
  return file.format() == ModelFormat::aotinductor ? file.stages().stages.size() : 1;
}

ModelGroup choose_group(int wanted, int rank, int ranks, std::size_t stages) {
  const auto given = "--pipeline-ranks " + std::to_string(wanted) + ": ";
  if (std::cmp_greater(wanted, stages))
    throw UsageError(given + "the model has " + counted(stages, "stage") + " and each rank needs one; " +
                     "give fewer ranks, or export the model with --stages " + std::to_string(wanted));
  if (ranks % wanted != 0)
    throw UsageError(given + counted(ranks, "rank is", "ranks are") +
                     " no whole number of such groups; start a " + "multiple of " + std::to_string(wanted));
  return {wanted, rank};
}

std::uint64_t chunk_rows(const Runners& runners, const ModelFile& file) {
  const bool on_cpu = runners.on_cpu();
  const auto bundle = file.bundle();
  if (!bundle || !bundle->signature.image) return on_cpu ? kChunkRows : kGpuChunkRows;
  const auto size = bundle->signature.image->size;
  const auto bytes = static_cast<std::uint64_t>(size.height) * static_cast<std::uint64_t>(size.width) * 3;
  return std::clamp<std::uint64_t>((on_cpu ? kChunkPictureBytes : kGpuChunkPictureBytes) / bytes, 1,
                                   kChunkPictures);
}

std::string describe_runners(const Runners& runners) {
  const auto group =
      runners.group.is_alone() ? "" : ", " + std::to_string(runners.group.ranks) + " ranks for each model";
  if (runners.on_cpu()) {
    return "cpu, " + counted(runners.replicas, "replica") + " of " + counted(runners.threads, "thread") +
           " each" + group;
  }
  const auto replicas =
      runners.replicas == 1 ? "" : ", " + std::to_string(runners.replicas) + " replicas on each";
  if (runners.devices.size() == 1) return "cuda, one GPU each" + replicas + group;
  return "cuda, " + std::to_string(runners.devices.size()) + " GPUs each" + replicas + group;
}

namespace {

/// The stages that this rank has, on how many of its devices.
struct Spread {
  std::optional<StageSpan> stages;
  std::size_t devices = 1;
};

Spread spread_of(const Runners& runners) {
  const auto given = runners.devices.size();
  const bool is_alone = runners.group.is_alone();
  const auto span = runners.group.own_stages(runners.stages);
  Spread spread{is_alone ? std::nullopt : std::optional(span), std::min(given, span.size())};
  const auto copies = given / spread.devices;
  if (given % spread.devices == 0 && (is_alone || copies == 1)) return spread;
  throw UsageError("--device gives a rank " + std::to_string(given) + " GPUs for " +
                   counted(span.size(), "stage") + "; give " +
                   (is_alone ? "a multiple, or fewer" : "no more than one for each"));
}

}  // namespace

std::vector<std::shared_ptr<Model>> load_runners(const ModelFile& file, const Runners& runners,
                                                 const ModelTreatment& treatment,
                                                 const std::filesystem::path& unpacked) {
  const auto spread = spread_of(runners);
  const auto at_once = runners.replicas * static_cast<int>(spread.devices);
  std::vector<std::shared_ptr<Model>> models;
  for (std::size_t first = 0; first < runners.devices.size(); first += spread.devices) {
    const auto device = runners.devices.begin() + static_cast<std::ptrdiff_t>(first);
    const std::vector<std::string> more(device + 1, device + static_cast<std::ptrdiff_t>(spread.devices));
    const std::shared_ptr<Model> model =
        load_model(file, {*device, runners.threads, at_once, runners.cudnn_attention, unpacked,
                          runners.libraries, more, spread.stages});
    model->treat(treatment);
    models.insert(models.end(), static_cast<std::size_t>(at_once), model);
  }
  return models;
}

}  // namespace infer
