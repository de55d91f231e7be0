#include "start/several/shared_stages.hpp"

#include <algorithm>
#include <cstddef>

#include "base/error.hpp"
#include "record/task.hpp"

namespace infer {
namespace {

/// A tokenizer is as its file says; how it cuts texts is in the signature.
bool tokenize_alike(const Scorer& one, const Scorer& other) {
  if (!one.signature.text || !other.signature.text) return !one.signature.text && !other.signature.text;
  return one.signature.text == other.signature.text &&
         one.model.bundle->tokenizer == other.model.bundle->tokenizer &&
         traits(one.signature.result.task).has_places == traits(other.signature.result.task).has_places;
}

bool refuse_alike(const Signature& one, const Signature& other) {
  return std::ranges::equal(one.unfed, other.unfed,
                            [](const UnfedArgument& a, const UnfedArgument& b) {
                              return a.name == b.name && a.path == b.path && a.remedy == b.remedy;
                            }) &&
         one.missing_as_nan == other.missing_as_nan;
}

/// Whether both get the same of every record.
bool decode_alike(const Scorer& one, const Scorer& other) {
  const auto& a = one.signature;
  const auto& b = other.signature;
  return a.inputs == b.inputs && a.sources == b.sources && a.image == b.image && refuse_alike(a, b) &&
         tokenize_alike(one, other);
}

/// A row that one of them knows already, the other may have to score.
bool knows_rows(const ScoringConfig& scoring) {
  return scoring.decoder.reuse.earlier != nullptr || scoring.decoder.reuse.cache != nullptr;
}

bool run_alike(const LoadedModel& one, const LoadedModel& other) {
  return one.runners.devices == other.runners.devices && one.models.size() == other.models.size();
}

/// The first of the scorings before `own` with which it has that in common; itself else.
template <class Alike>
std::size_t first_alike(std::size_t own, Alike alike) {
  for (std::size_t i = 0; i < own; ++i) {
    if (alike(i)) return i;
  }
  return own;
}

}  // namespace

void share_stages(std::vector<ScoringConfig>& scorings, std::span<const Scorer* const> scorers) {
  INFER_ASSERT(scorings.size() == scorers.size());
  for (std::size_t s = 0; s < scorings.size(); ++s) {
    auto& own = scorings[s];
    own.runs_beside =
        first_alike(s, [&](std::size_t i) { return run_alike(scorers[i]->model, scorers[s]->model); });
    own.decoded_as = first_alike(s, [&](std::size_t i) {
      return !knows_rows(scorings[i]) && !knows_rows(own) && decode_alike(*scorers[i], *scorers[s]);
    });
    if (own.decoded_as != s && own.decoder.reuse.key_context)
      scorings[own.decoded_as].decoder.reuse.other_contexts.push_back(*own.decoder.reuse.key_context);
  }
}

}  // namespace infer
