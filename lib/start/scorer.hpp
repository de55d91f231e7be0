// All that makes rows of records on a rank: the model, and what its inputs and outputs mean.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "comm/world.hpp"
#include "config/config.hpp"
#include "image/nvjpeg/nvjpeg.hpp"
#include "model/model.hpp"
#include "model/package/unpacking.hpp"
#include "model_group/group_link.hpp"
#include "reader/source.hpp"
#include "start/runners.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer {

struct LoadedModel {
  std::shared_ptr<const ModelFile> file;
  Runners runners;
  std::shared_ptr<UnpackedModel>
      unpacked;  ///< on the rank that unpacked it for its host; goes after the models
  /// One entry per batch at a time; shared with a thread that may hang.
  std::vector<std::shared_ptr<Model>> models;
  std::optional<Bundle> bundle;
  /// Where its stages are on several ranks; the models of the first one are the whole group's.
  std::shared_ptr<GroupLink> link{};
  std::shared_ptr<const Nvjpeg> nvjpeg{};  ///< null: its pictures are decoded by the CPU
};

struct Scorer {
  LoadedModel model;
  ModelTreatment treatment;  ///< which the models have been given
  Signature signature;
  std::shared_ptr<const Tokenizer> tokenizer;  ///< null without text
};

/// A model's files on this host, where it has to be unpacked.
struct UnpackedHere {
  std::shared_ptr<UnpackedModel> own;  ///< on the rank that unpacked it
  std::filesystem::path folder;        ///< for ModelConfig
};

/// Collective. The first rank of each host unpacks; `step` runs that on every rank, and throws or not.
UnpackedHere unpack_on_hosts(World& world, const ModelFile& file,
                             const std::function<void(const std::function<void()>&)>& step);

/// On this rank, which keeps a reference to the channel where others have stages too; `timeline`: of what it
/// does for them. Throws UsageError.
LoadedModel load_here(Channel& channel, std::shared_ptr<const ModelFile> file, const Runners& runners,
                      UnpackedHere unpacked, std::shared_ptr<Timeline> timeline);

/// Collective. Throws AgreedError.
LoadedModel load_on_ranks(World& world, std::shared_ptr<const ModelFile> file, const Runners& runners,
                          std::shared_ptr<Timeline> timeline);

/// Collective. Rank 0, which has the source, tries the model on its first records; all ranks decode by what
/// it found; `warn` gets on rank 0 what the trial noticed. Throws AgreedError. With a channel of rank 0
/// alone, the ranks that have stages of the model must serve it meanwhile.
Scorer make_scorer(Channel& channel, const RunConfig& config, LoadedModel model, Source* source,
                   const std::function<void(const std::string&)>& warn);

}  // namespace infer
