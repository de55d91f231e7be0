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
#include "start/placement.hpp"

namespace infer {

struct Runners {
  std::vector<std::string> devices{"cpu"};  ///< "cpu", or one or more "cuda:K"
  int replicas = 1;                         ///< batches at a time on each device; they share its weights
  int threads = 1;                          ///< of one batch on the CPU
  bool cudnn_attention = false;             ///< as ModelConfig has it
  std::vector<std::string> libraries{};     ///< likewise; once loaded, those that the bundle needs too

  bool on_cpu() const { return devices.front() == "cpu"; }
  /// Of a chunk, unless told otherwise.
  std::uint64_t chunk_rows() const { return on_cpu() ? kChunkRows : kGpuChunkRows; }
};

/// `cores`: this rank's share. On a CPU, unless told otherwise, as many replicas of one thread: nothing waits
/// for another thread, and a row does not depend on how many cores there are. On a GPU two, each with a
/// stream of its own.
Runners choose_runners(const ResourceOptions& resources, int cores, const LocalDevices& local);

/// "cpu, 2 replica(s) of 1 thread(s) each".
std::string describe_runners(const Runners& runners);

/// One entry per batch at a time; a device's entries are the same model. `unpacked`: as ModelConfig has it.
/// Throws as load_model() does.
std::vector<std::shared_ptr<Model>> load_runners(const ModelFile& file, const Runners& runners,
                                                 const ModelTreatment& treatment = {},
                                                 const std::filesystem::path& unpacked = {});

}  // namespace infer
