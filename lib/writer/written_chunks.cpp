#include "writer/written_chunks.hpp"

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

}  // namespace infer
