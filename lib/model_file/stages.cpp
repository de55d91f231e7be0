#include "model_file/stages.hpp"

#include <algorithm>
#include <set>

#include "json/json_fields.hpp"

namespace infer {
namespace {

bool contains(std::span<const std::string> names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

StageSpan share_of_stages(std::size_t stages, std::size_t part, std::size_t parts) {
  const auto begin_of = [&](std::size_t i) { return i * (stages / parts) + std::min(i, stages % parts); };
  return {begin_of(part), begin_of(part + 1)};
}

std::vector<std::string> carried_into(std::span<const ModelStage> stages, std::span<const std::string> inputs,
                                      std::size_t stage) {
  if (stage == 0) return {inputs.begin(), inputs.end()};
  if (stage == stages.size()) return stages.back().gives;
  std::vector<std::string> known(inputs.begin(), inputs.end());
  for (const auto& before : stages.first(stage))
    known.insert(known.end(), before.gives.begin(), before.gives.end());
  std::erase_if(known, [&](const std::string& name) {
    return std::ranges::none_of(stages.subspan(stage),
                                [&](const ModelStage& later) { return contains(later.takes, name); });
  });
  return known;
}

namespace detail {
namespace {

ModelStage read_stage(JsonFields& fields, std::set<std::string>& known) {
  ModelStage stage{fields.text("name"), fields.texts("takes"), fields.texts("gives")};
  fields.refuse_others();
  if (stage.takes.empty()) fields.refuse("takes", "must have at least one value");
  for (const auto& name : stage.takes)
    if (!known.contains(name))
      fields.refuse("takes", "\"" + name + "\" is neither an input nor given by an earlier stage");
  for (const auto& name : stage.gives)
    if (!known.insert(name).second) fields.refuse("gives", "\"" + name + "\" is there already");
  return stage;
}

}  // namespace

std::vector<ModelStage> read_stages(JsonFields& root, const Signature& signature) {
  std::vector<ModelStage> stages;
  std::set<std::string> known;
  std::set<std::string> names;
  for (const auto& input : signature.inputs) known.insert(input.name);
  for (auto& fields : root.objects("stages")) {
    stages.push_back(read_stage(fields, known));
    if (!names.insert(stages.back().name).second) fields.refuse("name", "is another stage's too");
  }
  if (stages.size() < 2) root.refuse("stages", "must have at least two stages");
  if (stages.back().gives != signature.result.outputs)
    root.refuse("stages", "must end with what the model gives: the outputs, in their order");
  return stages;
}

}  // namespace detail
}  // namespace infer
