#include "start/placement.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/message.hpp"
#include "base/text.hpp"
#include "model/model.hpp"

namespace infer {
namespace {

constexpr std::string_view kCudaPrefix = "cuda:";

int parse_device_number(const std::string& flag) {
  int number = -1;
  const auto* begin = flag.data() + kCudaPrefix.size();
  const auto* end = flag.data() + flag.size();
  const auto [stop, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || stop != end || number < 0) {
    throw UsageError("--device " + flag + " is none of auto, cpu, cuda, cuda:0, cuda:1, ...");
  }
  return number;
}

std::string own_gpu(const std::string& flag, const LocalDevices& local) {
  const auto have = std::to_string(local.visible_gpus);
  if (local.visible_gpus == 0) {
    throw UsageError("--device " + flag +
                     ": this process sees no GPU; check the driver and CUDA_VISIBLE_DEVICES");
  }
  if (local.visible_gpus == 1)
    return "cuda:0";  // the launcher gave each rank its own, or check_placements() tells
  if (local.local_size > local.visible_gpus) {
    throw UsageError("this host has " + have + " GPUs for " + std::to_string(local.local_size) +
                     " ranks; start at most one rank per GPU, as in mpirun --map-by ppr:" + have + ":node");
  }
  return std::string(kCudaPrefix) + std::to_string(local.local_rank);
}

std::string named_gpu(const std::string& name, const LocalDevices& local) {
  if (!name.starts_with(kCudaPrefix))
    throw UsageError("--device " + name + " is none of auto, cpu, cuda, cuda:K");
  if (const auto number = parse_device_number(name); number >= local.visible_gpus) {
    throw UsageError("--device " + name + ": this process sees " + counted(local.visible_gpus, "GPU"));
  }
  return name;
}

}  // namespace

std::vector<std::string> choose_devices(const std::string& flag, const LocalDevices& local) {
  if (flag == "cpu" || (flag == "auto" && local.visible_gpus == 0)) return {"cpu"};
  if (flag == "auto" || flag == "cuda") return {own_gpu(flag, local)};
  std::vector<std::string> devices;
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = flag.find(',', begin);
    auto device = named_gpu(flag.substr(begin, end - begin), local);
    if (std::ranges::find(devices, device) != devices.end())
      throw UsageError("--device " + flag + " names " + device +
                       " twice; --replicas runs several batches on one");
    devices.push_back(std::move(device));
  }
  return devices;
}

Placement own_placement(const std::string& host, const std::vector<std::string>& devices) {
  Placement placement{host, devices.front(), {}};
  for (const auto& device : devices) {
    if (device == "cpu") continue;
    if (auto id = cuda_device_id(cuda_device_number(device)); !id.empty())
      placement.device_ids.push_back(std::move(id));
  }
  return placement;
}

template <class Archive, MaybeConst<Placement> Value>
void fields(Archive& all, Value& placement) {
  all(placement.host, placement.device, placement.device_ids);
}

std::string placement_text(const Placement& placement) { return as_text(to_message(placement)); }

Placement parse_placement(const std::string& text) { return from_message<Placement>(as_byte_view(text)); }

std::size_t count_gpus(const std::vector<Placement>& ranks) {
  std::size_t gpus = 0;
  for (const auto& rank : ranks) {
    if (rank.device != "cpu") gpus += std::max<std::size_t>(1, rank.device_ids.size());
  }
  return gpus;
}

int cuda_device_number(const std::string& device) { return std::stoi(device.substr(kCudaPrefix.size())); }

void check_placements(const std::vector<Placement>& ranks, bool allow_shared_gpu) {
  std::map<std::string, std::size_t> owner;
  for (std::size_t r = 0; r < ranks.size(); ++r) {
    if ((ranks[r].device == "cpu") != (ranks[0].device == "cpu")) {
      throw UsageError("rank 0 (" + ranks[0].host + ") uses " + ranks[0].device + ", but rank " +
                       std::to_string(r) + " (" + ranks[r].host + ") uses " + ranks[r].device +
                       ": their results would differ; give --device cpu, or a GPU to every rank");
    }
    for (const auto& id : ranks[r].device_ids) {
      const auto [first, is_new] = owner.try_emplace(id, r);
      if (is_new || allow_shared_gpu) continue;
      throw UsageError("rank " + std::to_string(first->second) + " and rank " + std::to_string(r) +
                       " are both on " + id + " of " + ranks[r].host + "; start one rank per GPU");
    }
  }
}

}  // namespace infer
