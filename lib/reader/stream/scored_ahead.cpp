#include "reader/stream/scored_ahead.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace infer {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw RunError("--resume: the input is not that of all outputs that were begun: " + what +
                     ": go on with each of them in a run of its own",
                 false);
}

bool is_reached(const Scored& then, std::uint64_t chunks, std::uint64_t bytes) {
  return bytes >= then.bytes || (chunks >= then.chunks && !then.is_all);
}

}  // namespace

ScoredAhead::ScoredAhead(std::vector<Scored> scored) : ahead_(scored.begin(), scored.end()) {
  std::ranges::stable_sort(ahead_, {}, &Scored::reach);
}

bool ScoredAhead::lacks_chunks(std::uint64_t chunks, std::uint64_t bytes) const {
  const auto* then = next();
  return then != nullptr && !then->is_all && then->bytes == bytes && chunks < then->chunks;
}

void ScoredAhead::pass(std::uint64_t chunks, std::uint64_t bytes, std::uint64_t digest) {
  if (is_at_end_) refuse("more follows what was scored");
  while (!ahead_.empty() && is_reached(ahead_.front(), chunks, bytes)) {
    const auto& then = ahead_.front();
    if (!then.is_all && (chunks != then.chunks || bytes != then.bytes))
      refuse("the first " + std::to_string(then.bytes) +
             " bytes of it (unpacked) were cut into fewer chunks then");
    if (bytes != then.bytes || (bytes > 0 && digest != then.digest))
      refuse("the first " + std::to_string(then.bytes) + " bytes of it (unpacked) differ");
    is_at_end_ |= then.is_all;
    ahead_.pop_front();
  }
}

void ScoredAhead::end(std::uint64_t bytes) const {
  if (ahead_.empty()) return;
  refuse("it ends after " + std::to_string(bytes) + " bytes (unpacked), of which " +
         std::to_string(ahead_.back().bytes) + " were scored");
}

}  // namespace infer
