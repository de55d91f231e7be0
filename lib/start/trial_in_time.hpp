// The trial of a model under the limit that every step of a run has.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "trial/resolve_signature.hpp"

namespace infer {

/// resolve_signature(), on a thread of its own. Throws what that throws, and RunError, which names `rank`,
/// when a forward takes longer than --stall-timeout: the thread is left behind then, with what it was given.
/// `turn`, where it is set, is called on the calling thread all the while.
ResolvedSignature resolve_in_time(std::shared_ptr<Model> model, std::optional<Bundle> bundle,
                                  const RunConfig& config, RawChunk sample, const std::string& rank,
                                  const std::function<void()>& turn = {});

}  // namespace infer
