#include "writer/splice/spliced_output.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "writer/splice/earlier_output.hpp"
#include "writer/splice/parts_splice.hpp"
#include "writer/splice/piece_splice.hpp"
#include "writer/splice/row_splice.hpp"

namespace infer {

SplicedOutput::SplicedOutput(RetryConfig config, OutputFile& target, std::uint64_t done,
                             std::uint64_t position, std::function<void()> on_progress)
    : config_(std::move(config)), target_(target), done_(done), numbers_(*config_.selected) {
  for (std::uint64_t i = 0; i < done; ++i) last_ = numbers_.next();
  next_ = numbers_.next();
  splice_ = open(position, std::move(on_progress));
}

std::unique_ptr<Splice> SplicedOutput::open(std::uint64_t position, std::function<void()> on_progress) {
  if (config_.parts) return std::make_unique<PartsSplice>(config_, target_, done_, std::move(on_progress));
  std::vector<std::string> files{target_.path().final};
  if (config_.pieces)
    return std::make_unique<PieceSplice>(config_, std::move(files), target_, PieceSplice::From{},
                                         std::move(on_progress));
  const auto behind = last_ ? *last_ + 1 : 0;
  const RowSplice::From from{position, config_.in_place ? behind : behind - done_, done_};
  return std::make_unique<RowSplice>(config_, std::move(files), target_, from, std::move(on_progress));
}

/// Not before the first row: what is in the file must be of a run that the journal knows.
void SplicedOutput::begin() {
  if (std::exchange(begun_, true)) return;
  const auto header = splice_->header();
  if (target_.is_empty() && !header.empty()) target_.write_start(header);
  if (done_ > 0 && next_) splice_->pass_over(*config_.selected, done_, *next_);
}

void SplicedOutput::add(const EncodedChunk& chunk, std::string_view text) {
  begin();
  for (std::uint64_t i = 0; i < chunk.rows; ++i) {
    INFER_ASSERT(next_.has_value());
    NewRow row{*next_, {}, std::ranges::binary_search(chunk.failed_rows, i)};
    if (config_.in_place || !row.failed) row.text = first_row(text, config_.layout);
    text.remove_prefix(row.text.size());
    splice_->put(row);
    next_ = numbers_.next();
  }
  INFER_ASSERT(text.empty());
  if (next_) splice_->go_on_to(*next_);
}

void SplicedOutput::finish() {
  begin();
  splice_->finish();
}

}  // namespace infer
