#include "start/scorer.hpp"

#include <algorithm>
#include <utility>

#include "comm/agreement.hpp"
#include "model_group/group_model.hpp"
#include "signature/signature.hpp"
#include "start/libraries.hpp"
#include "start/picture_decoding.hpp"
#include "start/setup_timeout.hpp"
#include "start/trial_in_time.hpp"

namespace infer {
namespace {

/// On rank 0. Without a record, or another word on the inputs, there is nothing to learn from.
std::optional<ResolvedSignature> try_on_first_records(const LoadedModel& loaded, const RunConfig& config,
                                                      Source& source, const std::string& rank,
                                                      const std::function<void(const std::string&)>& warn) {
  auto sample = source.first_records(config.input.max_record_bytes);
  if (sample.records.empty() && config.input.spec.empty() && !loaded.bundle) return std::nullopt;
  std::function<void()> turn;
  if (loaded.link) turn = [&] { loaded.link->turn(); };
  auto resolved =
      resolve_in_time(loaded.models.front(), loaded.bundle, config, std::move(sample), rank, turn);
  std::ranges::for_each(resolved.warnings, warn);
  return resolved;
}

/// Whatever comes of the trial, the ranks that serve it are told that it is over.
struct LeavingStart {
  std::shared_ptr<GroupLink> link;
  ~LeavingStart() {
    if (link) link->leave_start();
  }
};

/// More batches than its ranks can be at: what waits for one rank keeps the others busy.
std::size_t batches_of_group(const Runners& runners) {
  return static_cast<std::size_t>(runners.replicas * (runners.group.ranks + 1));
}

/// The first rank's models become the whole group's; the others serve it from now on.
void join_group(Channel& channel, LoadedModel& loaded, std::shared_ptr<Timeline> timeline) {
  const auto& runners = loaded.runners;
  if (runners.group.is_alone()) return;
  auto own = loaded.models.front();
  if (!runners.group.is_first()) {
    loaded.link =
        make_stage_server(channel, runners.group, std::move(own), runners.replicas, std::move(timeline));
    return;
  }
  const auto mail = std::make_shared<GroupMail>();
  loaded.link = make_first_link(channel, runners.group, mail);
  const std::shared_ptr<Model> whole = make_group_model(std::move(own), runners.replicas, mail);
  loaded.models.assign(batches_of_group(runners), whole);
}

/// Those of a group keep no state that one of them could be alone with.
void check_group(const LoadedModel& model, const ModelTreatment& treatment) {
  if (model.runners.group.is_alone() || !treatment.one_at_a_time) return;
  throw UsageError(model.file->path().string() +
                   ": the model's forwards change what they share, so that its stages cannot be on several "
                   "ranks; leave --pipeline-ranks away");
}

}  // namespace

UnpackedHere unpack_on_hosts(World& world, const ModelFile& file,
                             const std::function<void(const std::function<void()>&)>& step) {
  auto& channel = world.channel();
  UnpackedHere here;
  step([&] {
    static_cast<void>(file.format());  // what is no model is none on all ranks, and told once
    if (channel.rank() == world.first_local_rank())
      here.own = std::make_shared<UnpackedModel>(file, world.local_size());
  });
  const auto folders =
      told_by_all(channel, here.own ? here.own->folder().string() : "", Deadline(kSetupTimeout));
  const std::filesystem::path folder = folders.at(static_cast<std::size_t>(world.first_local_rank()));
  std::error_code
      not_seen;  // from another container of the same host: then it is unpacked for this rank alone
  if (std::filesystem::exists(folder, not_seen)) here.folder = folder;
  return here;
}

LoadedModel load_here(Channel& channel, std::shared_ptr<const ModelFile> file, const Runners& runners,
                      UnpackedHere unpacked, std::shared_ptr<Timeline> timeline) {
  LoadedModel loaded{std::move(file), runners, std::move(unpacked.own), {}, {}};
  loaded.bundle = loaded.file->bundle();
  loaded.runners.stages = count_stages(*loaded.file);
  loaded.runners.libraries = libraries_to_load(runners.libraries, *loaded.file);
  loaded.models = load_runners(*loaded.file, loaded.runners, {}, unpacked.folder);
  loaded.nvjpeg = open_nvjpeg(loaded.runners);
  join_group(channel, loaded, std::move(timeline));
  return loaded;
}

LoadedModel load_on_ranks(World& world, std::shared_ptr<const ModelFile> file, const Runners& runners,
                          std::shared_ptr<Timeline> timeline) {
  const auto step = [&](const auto& phase) { agree(world.channel(), Deadline(kSetupTimeout), phase); };
  auto unpacked = unpack_on_hosts(world, *file, step);
  LoadedModel loaded;
  step([&] { loaded = load_here(world.channel(), file, runners, unpacked, timeline); });
  if (loaded.unpacked) loaded.unpacked->remove_loaded();
  if (runners.decode_pictures) agree_on_nvjpeg(world.channel(), loaded.nvjpeg.get());
  return loaded;
}

Scorer make_scorer(Channel& channel, const RunConfig& config, LoadedModel model, Source* source,
                   const std::function<void(const std::string&)>& warn) {
  std::string text;
  Scorer scorer;
  if (model.link && channel.rank() > 0) model.link->serve_start(Deadline(kSetupTimeout));
  agree_with_root(channel, Deadline(kSetupTimeout), [&] {
    const LeavingStart leaving{channel.size() > 1 ? model.link : nullptr};
    auto resolved = try_on_first_records(model, config, *source, channel.describe(0), warn);
    if (!resolved) return;
    text = serialize_signature(resolved->signature);
    scorer.treatment = resolved->treatment;
    scorer.tokenizer = std::move(resolved->tokenizer);
  });
  text = broadcast(channel, text, Deadline(kSetupTimeout));
  if (!text.empty()) scorer.signature = deserialize_signature(text);
  scorer.treatment = deserialize_treatment(
      broadcast(channel, serialize_treatment(scorer.treatment), Deadline(kSetupTimeout)));
  agree(channel, Deadline(kSetupTimeout), [&] {
    check_group(model, scorer.treatment);
    // What the trial made a model remember must not count.
    if (scorer.treatment.one_at_a_time) {
      model.models.clear();
      model.models = load_runners(*model.file, model.runners);
    }
    for (const auto& each : model.models) each->treat(scorer.treatment);
    if (!scorer.tokenizer)
      scorer.tokenizer = make_tokenizer(model.bundle, scorer.signature, config.model.path);
  });
  scorer.model = std::move(model);
  return scorer;
}

}  // namespace infer
