#include "writer/written_chunks.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace infer {

WrittenChunks::WrittenChunks(Checkpoint from, std::optional<std::uint64_t> digest_of_all)
    : so_far_(std::move(from)), are_selected_(digest_of_all.has_value()) {
  if (digest_of_all) so_far_.input_digest = *digest_of_all;
  keep();
}

Counts WrittenChunks::before(const EncodedChunk& next) const {
  return next.before.value_or(Counts{lines_before(next), so_far_.rows});
}

void WrittenChunks::add(const EncodedChunk& next) {
  account_for(next);
  if (so_far_.failed == 0 && next.failed > 0)
    so_far_.first_failure = stamped(next.first_failure, before(next));
  so_far_.lines = lines_before(next) + next.lines;
  so_far_.file = next.range.file;
  ++so_far_.chunks;
  so_far_.rows += next.rows;
  so_far_.failed += next.failed;
  so_far_.input_bytes += next.range.end - next.range.begin;
  if (are_selected_) return;
  so_far_.input_digest = digest_with(so_far_.input_digest, next.digest);
  so_far_.beyond_digest = next.digest.beyond;
}

void WrittenChunks::account_for(const EncodedChunk& next) {
  for (const auto& here : next.failures) count(here, before(next));
  if (so_far_.sessions.empty()) return;
  auto& session = so_far_.sessions.back();
  session.rows += next.rows;
  session.failed += next.failed;
  session.work += next.work;
  session.account += next.account;
}

void WrittenChunks::count(const FailedHere& here, const Counts& before_it) {
  auto& all = so_far_.failures;
  const std::string code(error_code_name(here.code));
  auto same = std::ranges::find(all, code, &CodeFailures::code);
  if (same == all.end()) same = all.insert(all.end(), {code, 0, {}});
  same->rows += here.rows;
  for (const auto& first : here.first) {
    if (same->first.size() < kFirstFailures) same->first.push_back(stamped(first, before_it));
  }
}

}  // namespace infer
