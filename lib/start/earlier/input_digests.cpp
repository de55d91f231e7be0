#include "start/earlier/input_digests.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "start/earlier/input_scan.hpp"

namespace infer {

InputDigests::InputDigests(const RunConfig& config, std::vector<InputFile> files,
                           std::vector<Columns> choices, RunObserver& observer)
    : config_(config), files_(std::move(files)), choices_(std::move(choices)), observer_(observer) {}

InputDigest InputDigests::of_first(std::uint64_t chunks, std::uint64_t chunk_bytes, const Columns& columns) {
  const auto choice = std::ranges::find(choices_, columns);
  INFER_ASSERT(choice != choices_.end());
  if (chunk_bytes != chunk_bytes_) begin(chunk_bytes);
  const auto& own = so_far_[static_cast<std::size_t>(choice - choices_.begin())];
  while (own.size() < chunks && has_chunk(*source_, own.size()))
    add(readers_->read(source_->grant(own.size())));
  const auto known = std::min<std::uint64_t>(chunks, own.size());
  return known == 0 ? InputDigest() : own[known - 1];
}

void InputDigests::begin(std::uint64_t chunk_bytes) {
  observer_.notice(
      "the input is another file, or was written again since: reading it to see whether it is the same");
  readers_.reset();
  source_ = whole_input(config_, files_, chunk_bytes);
  wait_for_records(*source_);
  go_behind(*source_, {});
  readers_.emplace(source_->files(), config_.input.max_record_bytes, choices_);
  so_far_.assign(choices_.size(), {});
  chunk_bytes_ = chunk_bytes;
}

void InputDigests::add(const std::vector<RawChunk>& chunk) {
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const auto& next = chunk[chunk.size() == 1 ? 0 : i].digest;
    auto& own = so_far_[i];
    own.push_back({digest_with(own.empty() ? 0 : own.back().digest, next), next.beyond});
  }
}

}  // namespace infer
