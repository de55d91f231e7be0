#include "start/agreed_facts.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/digest.hpp"
#include "base/message.hpp"
#include "base/text.hpp"
#include "comm/agreement.hpp"
#include "encoder/output_packing.hpp"
#include "flags/flag.hpp"
#include "model/model.hpp"
#include "signature/labels.hpp"
#include "start/libraries.hpp"

namespace infer {

template <class Archive, MaybeConst<RankFact> Value>
void fields(Archive& all, Value& fact) {
  all(fact.name, fact.value, fact.shown, fact.binding);
}

namespace {

constexpr const char* kNotGiven = "not given";
constexpr std::size_t kShownDifferences = 4;
constexpr std::size_t kShownBytes = 120;  ///< of one value

class Facts {
 public:
  void add(std::string name, std::string value, std::string shown = "") {
    facts_.push_back({std::move(name), std::move(value), std::move(shown), true});
  }
  void add_loose(std::string name, std::string value) {
    facts_.push_back({std::move(name), std::move(value), "", false});
  }
  std::vector<RankFact> take() && { return std::move(facts_); }

 private:
  std::vector<RankFact> facts_;
};

/// `what` of a file, unless it cannot be read.
std::optional<std::string> unless_unreadable(const std::function<std::string()>& what) {
  try {
    return what();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void add_programs(Facts& facts, const RunConfig& config) {
  facts.add("infer", config.command.version);
  facts.add("LibTorch", torch_version());
  if (const auto build = unless_unreadable([] { return file_identity("/proc/self/exe"); }))
    facts.add_loose("the program infer", *build);
  if (const auto* packing = output_packing(rows_file(config.output)))
    facts.add_loose("what packs the output", packing->library());
  for (const char* name : {"INFER_ATTENTION", "INFER_LINEAR", "INFER_CONVOLUTION"}) {
    const char* value = std::getenv(name);
    facts.add(name, value == nullptr ? "not set" : value);
  }
}

void add_inputs(Facts& facts, const std::vector<std::string>& files) {
  facts.add("the number of inputs (--input)", std::to_string(files.size()));
  for (std::size_t i = 0; i < files.size(); ++i)
    facts.add(files.size() == 1 ? "--input" : "--input, file " + std::to_string(i + 1), files[i]);
}

void add_model(Facts& facts, const ModelFile& model) {
  if (const auto known = unless_unreadable([&] { return model.identity(); }))
    facts.add("--model", *known, model.path().string() + ", " + *known);
}

void add_labels(Facts& facts, const std::string& path) {
  if (path.empty()) return facts.add("--labels", kNotGiven);
  const auto content = unless_unreadable([&] {
    const auto labels = read_labels(path);
    return std::to_string(labels.size()) + " (" + digest_text(digest_of(joined(labels, "\n"))) + ")";
  });
  if (content) facts.add("--labels", *content, path + ", " + *content);
}

void add_libraries(Facts& facts, const RunConfig& config, const ModelFile& model) {
  const auto text =
      unless_unreadable([&] { return libraries_text(libraries_to_load(config.model.preload, model)); });
  facts.add("--preload-lib", text ? *text : libraries_text(config.model.preload));
}

/// Of files the content counts.
void add_flag(Facts& facts, const Flag& flag, const RunConfig& config, const ModelFile& model) {
  if (flag.name == "model") return add_model(facts, model);
  if (flag.name == "input") return add_inputs(facts, config.input.files);
  if (flag.name == "labels") return add_labels(facts, config.results.labels);
  if (flag.name == "preload-lib") return add_libraries(facts, config, model);
  facts.add("--" + flag.name, flag.value.text(config).value_or(kNotGiven));
}

std::string shown(const RankFact& fact) {
  auto text = printable(fact.shown.empty() ? fact.value : fact.shown);
  if (text.empty()) text = "empty";
  return text.size() <= kShownBytes ? text : printable(text.substr(0, kShownBytes)) + "...";
}

std::string differences(const std::vector<RankFact>& root, const std::vector<RankFact>& other, bool binding,
                        const std::string& root_name, const std::string& other_name) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < root.size(); ++i) {
    const auto& fact = root[i];
    const bool in_place = i < other.size() && other[i].name == fact.name;  // of many inputs nearly all
    const auto same = in_place ? other.begin() + static_cast<std::ptrdiff_t>(i)
                               : std::ranges::find(other, fact.name, &RankFact::name);
    if (fact.binding != binding || same == other.end() || same->value == fact.value) continue;
    texts.push_back(fact.name + " is " + shown(fact) + " on " + root_name + " and " + shown(*same) + " on " +
                    other_name);
  }
  const auto more = texts.size() > kShownDifferences ? texts.size() - kShownDifferences : 0;
  texts.resize(texts.size() - more);
  return joined(texts, "; ") + (more > 0 ? "; and " + std::to_string(more) + " more" : "");
}

}  // namespace

std::vector<RankFact> rank_facts(const RunConfig& config, const ModelFile& model) {
  Facts facts;
  add_programs(facts, config);
  facts.add("the number of models (--model)", std::to_string(1 + config.others.size()));
  for_each_flag([&](const Flag& flag) {
    if (flag.ranks == OnRanks::alike) add_flag(facts, flag, config, model);
  });
  return std::move(facts).take();
}

FactDifferences compare_ranks(const std::vector<std::vector<RankFact>>& ranks,
                              const std::function<std::string(int rank)>& describe) {
  FactDifferences found;
  for (std::size_t r = 1; r < ranks.size(); ++r) {
    const auto name = describe(static_cast<int>(r));
    if (found.binding.empty()) found.binding = differences(ranks[0], ranks[r], true, describe(0), name);
    if (found.other.empty()) found.other = differences(ranks[0], ranks[r], false, describe(0), name);
  }
  return found;
}

std::vector<std::vector<RankFact>> collect_facts(Channel& channel, const std::vector<RankFact>& own,
                                                 Deadline deadline) {
  std::vector<std::vector<RankFact>> facts;
  for (const auto& message : collect(channel, as_text(to_message(own)), deadline))
    facts.push_back(from_message<std::vector<RankFact>>(as_byte_view(message)));
  return facts;
}

void agree_on_facts(Channel& channel, const RunConfig& config, const ModelFile& model, RunObserver& observer,
                    Deadline deadline) {
  if (channel.size() == 1) return;
  const auto facts = collect_facts(channel, rank_facts(config, model), deadline);
  agree_with_root(channel, deadline, [&] {
    const auto found = compare_ranks(facts, [&](int rank) { return channel.describe(rank); });
    if (!found.binding.empty())
      throw UsageError("the ranks were not started alike: " + found.binding +
                       "; give every rank the same flags, files and INFER_ variables (mpirun -x NAME passes "
                       "one on to other hosts)");
    if (!found.other.empty())
      observer.warning(0, found.other + ": if these are other builds, last digits may differ");
  });
}

}  // namespace infer
