#include "start/rank_share.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "comm/agreement.hpp"
#include "comm/make_gather.hpp"
#include "start/cpu_share.hpp"
#include "start/picture_decoding.hpp"
#include "start/setup_timeout.hpp"

namespace infer {
namespace {

constexpr int kMaxPoolThreads = 16;

int usable_gpus(const RunConfig& config, const ModelFile& model, int rank, RunObserver& observer) {
  const auto& device = config.resources.device;
  if (device == "cpu") return 0;
  const int gpus = visible_cuda_devices();
  if (gpus == 0 || device != "auto" || model.compiled_device() != "cpu") return gpus;
  if (rank == 0)
    observer.warning(rank, config.model.path +
                               " is compiled for the CPU, so no GPU is used; for them, export it with "
                               "--device cuda or as .pt");
  return 0;
}

/// One batch at a time, and chunks decoded one after the other.
void run_in_order(RankShare& share, int ranks) {
  if (ranks > 1) {
    throw UsageError("--stateful scores record after record, so it needs one rank, not " +
                     std::to_string(ranks) + "; start infer without mpirun, or with -np 1");
  }
  share.pool_threads = 1;
  share.runners.replicas = 1;
  share.runners.devices.resize(1);
}

}  // namespace

void advise_on_binding(World& world, const RunConfig& config, RunObserver& observer) {
  const auto advice = binding_advice(available_cores(), host_cores(), world.local_size());
  const bool is_chosen = config.resources.threads || config.resources.replicas;
  if (advice && world.channel().rank() == 0 && !is_chosen) observer.warning(0, *advice);
}

RankShare choose_share(World& world, const RunConfig& config, const ModelFile& model, RunObserver& observer) {
  const auto& resources = config.resources;
  const auto& channel = world.channel();
  const auto cores = cores_per_rank(available_cores(), host_cores(), world.local_size());
  RankShare share;
  share.pool_threads = std::clamp(cores, 1, kMaxPoolThreads);
  const int gpus = usable_gpus(config, model, channel.rank(), observer);
  share.runners = choose_runners(resources, cores, {gpus, world.local_rank(), world.local_size()});
  share.runners.libraries = config.model.preload;
  if (resources.pipeline_ranks > 1)
    share.runners.group =
        choose_group(resources.pipeline_ranks, channel.rank(), channel.size(), count_stages(model));
  share.runners.decode_pictures = config.input.decode == PictureDecoder::gpu;
  if (share.runners.decode_pictures) check_gpu_decoding(model, share.runners);
  if (config.model.stateful) run_in_order(share, channel.size());
  return share;
}

std::vector<Placement> joint_placements(const std::vector<std::string>& texts) {
  std::vector<Placement> placements;
  for (const auto& text : texts) placements.push_back(parse_placement(text));
  check_placements(placements, std::getenv("INFER_TEST_SHARE_GPU") != nullptr);
  return placements;
}

std::vector<Placement> agree_on_placement(Channel& channel, const Runners& runners) {
  const auto own = placement_text(own_placement(channel.host(), runners.devices));
  const auto all = collect(channel, own, Deadline(kSetupTimeout));
  std::vector<Placement> placements;
  agree_with_root(channel, Deadline(kSetupTimeout), [&] { placements = joint_placements(all); });
  return placements;
}

std::unique_ptr<Gather> make_run_gather(Channel& channel, const RunConfig& config, const Runners& runners) {
  const int gpu = runners.on_cpu() ? -1 : cuda_device_number(runners.devices.front());
  return make_gather(channel, config.resources.gather, !runners.on_cpu(), gpu, config.stops.comm_timeout);
}

}  // namespace infer
