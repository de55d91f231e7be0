// What runs the model on one rank: its devices, and how many batches at a time on each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/defaults.hpp"
#include "model/model.hpp"
#include "model_group/group.hpp"
#include "start/placement.hpp"

namespace infer {

struct Runners {
  std::vector<std::string> devices{"cpu"};  ///< "cpu", or one or more "cuda:K"
  int replicas = 1;                         ///< batches at a time on each device; they share its weights
  int threads = 1;                          ///< of one batch on the CPU
  bool cudnn_attention = false;             ///< as ModelConfig has it
  bool decode_pictures = false;             ///< on the first device, which is a GPU
  std::vector<std::string> libraries{};     ///< likewise; once loaded, those that the bundle needs too
  std::size_t stages = 1;                   ///< of the whole model, once it is loaded
  ModelGroup group{};                       ///< the ranks that have them together

  bool on_cpu() const { return devices.front() == "cpu"; }
};

/// Of a chunk, unless told otherwise.
std::uint64_t chunk_rows(const Runners& runners, const ModelFile& file);

/// `cores`: this rank's share. On a CPU, unless told otherwise, as many replicas of one thread: nothing waits
/// for another thread, and a row does not depend on how many cores there are. On a GPU two, each with a
/// stream of its own.
Runners choose_runners(const ResourceOptions& resources, int cores, const LocalDevices& local);

/// Of the whole model. Throws as ModelFile::stages() does.
std::size_t count_stages(const ModelFile& file);

/// The group of this rank, of `ranks`, for a model of `stages`. Throws UsageError when they do not go
/// together.
ModelGroup choose_group(int wanted, int rank, int ranks, std::size_t stages);

/// "cpu, 2 replicas of 1 thread each".
std::string describe_runners(const Runners& runners);

/// One entry per batch at a time; the entries of a device are the same model, as are those of all devices
/// that a model in stages is spread over. In a group of ranks only this one's stages. `unpacked`: as
/// ModelConfig has it. Throws as load_model() does, and UsageError for a number of devices that does not go
/// with the stages.
std::vector<std::shared_ptr<Model>> load_runners(const ModelFile& file, const Runners& runners,
                                                 const ModelTreatment& treatment = {},
                                                 const std::filesystem::path& unpacked = {});

}  // namespace infer
