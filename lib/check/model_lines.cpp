#include "check/model_lines.hpp"

#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "check/elapsed_text.hpp"
#include "signature/signature.hpp"

namespace infer {
namespace {

Finding found_room(const ModelFile& model) {
  if (model.format() != ModelFormat::aotinductor)
    return {Verdict::ok, "not needed: the model is not unpacked"};
  return {Verdict::ok, "has room for the model, unpacked once for all ranks of a host"};
}

std::string signature_text(const Signature& signature) {
  if (signature.inputs.empty()) return "to be learnt from records";
  const auto task = signature.result.task;
  return describe_signature(signature) + ", to " +
         (task == Task::outputs ? "the outputs as they are" : std::string(task_name(task)));
}

}  // namespace

std::optional<LoadedModel> check_load(World& world, const std::shared_ptr<const ModelFile>& model,
                                      const RankShare* share, const std::string& lacking, Checklist& list) {
  std::optional<LoadedModel> loaded;
  bool has_room = true;
  const auto unpacked = unpack_on_hosts(world, *model, [&](const auto& unpack) {
    list.everywhere("tmpdir", [&] {
      if (lacking == "model") return not_looked_at(lacking);
      has_room = false;
      unpack();
      has_room = true;
      return found_room(*model);
    });
  });
  list.everywhere("load", [&] {
    if (share == nullptr || !has_room) return not_looked_at(share == nullptr ? lacking : "tmpdir");
    const Stopwatch watch;
    loaded = load_here(world.channel(), model, share->runners, unpacked, std::make_shared<Timeline>());
    return world.channel().rank() > 0 ? Finding() : Finding{Verdict::ok, "in " + elapsed_text(watch)};
  });
  if (loaded && loaded->unpacked) loaded->unpacked->remove_loaded();
  return loaded;
}

std::optional<Scorer> check_trial(Channel& channel, const RunConfig& config, LoadedModel model,
                                  Source& source, Checklist& list) {
  std::optional<Scorer> scorer;
  std::vector<std::string> warnings;
  Channel alone(nullptr, {channel.host()});
  const auto settled = finding_by([&] {
    scorer = make_scorer(alone, config, std::move(model), &source,
                         [&](const std::string& text) { warnings.push_back(text); });
    if (scorer->signature.inputs.empty()) warnings.push_back("there is no record to try the model on");
    return Finding{Verdict::ok, signature_text(scorer->signature)};
  });
  for (const auto& text : warnings) list.on_root("trial", [&] { return finding_of(Verdict::warn, text); });
  if (scorer && warnings.empty())
    list.on_root("trial", [] { return Finding{Verdict::ok, "rows depend on their records alone"}; });
  if (!scorer) list.on_root("trial", [&] { return settled; });
  list.on_root("signature", [&] { return scorer ? settled : not_looked_at("trial"); });
  return scorer;
}

}  // namespace infer
