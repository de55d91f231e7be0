#include "start/scorer.hpp"

#include <utility>

#include "comm/agreement.hpp"
#include "model/unpacking.hpp"
#include "signature/signature.hpp"
#include "start/setup_timeout.hpp"
#include "start/trial_in_time.hpp"

namespace infer {
namespace {

/// On rank 0. Without a record, or another word on the inputs, there is nothing to learn from.
std::optional<ResolvedSignature> try_on_first_records(const LoadedModel& loaded, const RunConfig& config,
                                                      Source& source, const std::string& rank,
                                                      RunObserver& observer) {
  auto sample = source.first_records(config.input.max_record_bytes);
  if (sample.records.empty() && config.input.spec.empty() && !loaded.bundle) return std::nullopt;
  auto resolved = resolve_in_time(loaded.models.front(), loaded.bundle, config, std::move(sample), rank);
  for (const auto& warning : resolved.warnings) observer.warning(0, warning);
  return resolved;
}

}  // namespace

LoadedModel load_here(std::shared_ptr<const ModelFile> file, const Runners& runners) {
  LoadedModel loaded{std::move(file), runners, {}, {}};
  loaded.bundle = loaded.file->bundle();
  loaded.models = load_runners(*loaded.file, loaded.runners);
  return loaded;
}

LoadedModel load_on_ranks(World& world, std::shared_ptr<const ModelFile> file, const Runners& runners) {
  agree(world.channel(), Deadline(kSetupTimeout), [&] { check_room_to_unpack(*file, world.local_size()); });
  LoadedModel loaded;
  agree(world.channel(), Deadline(kSetupTimeout), [&] { loaded = load_here(file, runners); });
  return loaded;
}

Scorer make_scorer(Channel& channel, const RunConfig& config, LoadedModel model, Source* source,
                   RunObserver& observer) {
  std::string text;
  Scorer scorer;
  agree_with_root(channel, Deadline(kSetupTimeout), [&] {
    auto resolved = try_on_first_records(model, config, *source, channel.describe(0), observer);
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
