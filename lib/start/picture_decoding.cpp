#include "start/picture_decoding.hpp"

#include <string>

#include "base/error.hpp"
#include "comm/agreement.hpp"
#include "start/setup_timeout.hpp"

namespace infer {

void check_gpu_decoding(const ModelFile& model, const Runners& runners) {
  const auto bundle = model.bundle();
  if (!bundle || !bundle->signature.image)
    throw UsageError("--decode gpu: the model " + model.path().string() +
                     " takes no pictures; leave --decode away");
  if (runners.on_cpu())
    throw UsageError(
        "--decode gpu: this rank runs on the CPU; give it a GPU (--device cuda), or leave --decode "
        "away");
}

std::shared_ptr<const Nvjpeg> open_nvjpeg(const Runners& runners) {
  if (!runners.decode_pictures || !runners.group.is_first()) return nullptr;
  return std::make_shared<const Nvjpeg>(cuda_device_number(runners.devices.front()));
}

void agree_on_nvjpeg(Channel& channel, const Nvjpeg* own) {
  const auto versions = told_by_all(channel, own == nullptr ? "" : own->version(), Deadline(kSetupTimeout));
  agree_with_root(channel, Deadline(kSetupTimeout), [&] {
    for (std::size_t rank = 1; rank < versions.size(); ++rank) {
      if (versions[rank].empty() || versions[rank] == versions.front()) continue;
      throw UsageError("--decode gpu: nvJPEG is " + versions.front() + " on " + channel.describe(0) +
                       " and " + versions[rank] + " on " + channel.describe(static_cast<int>(rank)) +
                       ", which may give other pixels; install the same everywhere, or leave --decode away");
    }
  });
}

}  // namespace infer
