#include "writer/row_splice.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "writer/failure_list.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kProgressBytes = std::uint64_t{16} << 20U;

}  // namespace

RowSplice::RowSplice(RetryConfig config, OutputFile& target, std::uint64_t done, std::uint64_t position,
                     std::function<void()> on_progress)
    : config_(std::move(config)),
      target_(target),
      numbers_(*config_.selected),
      done_(done),
      earlier_(target.path().final, config_.layout, position, row_after(done)),
      on_progress_(std::move(on_progress)) {}

/// Takes them from numbers_.
std::uint64_t RowSplice::row_after(std::uint64_t done) {
  std::uint64_t rows = 0;
  for (std::uint64_t i = 0; i < done; ++i) rows = numbers_.next().value() + 1;
  return config_.in_place ? rows : rows - done;
}

/// Not before the first row: what is in the file must be of a run that the journal knows.
void RowSplice::begin() {
  if (!begun_ && config_.layout.header_bytes > 0) target_.write_start(earlier_.header());
  begun_ = true;
}

/// False at the end.
bool RowSplice::take_over_row() {
  const auto row = earlier_.row();
  const auto text = earlier_.next();
  if (!config_.in_place && is_error_row(text)) refuse_kind(row, "is one");
  target_.write(text);
  if (earlier_.position() - told_ >= kProgressBytes) {
    told_ = earlier_.position();
    on_progress_();
  }
  return !text.empty();
}

void RowSplice::take_over_until(std::uint64_t row) {
  while (earlier_.row() < row) {
    if (!take_over_row()) refuse_row(row);
  }
}

void RowSplice::refuse_row(std::uint64_t row) const {
  throw RunError("--retry-errors: the earlier output " + target_.path().final + " has only " +
                     std::to_string(earlier_.row()) + " rows, but row " + std::to_string(row) +
                     " is said to have failed: is --errors the file of another run? Give the right one, and "
                     "--overwrite to "
                     "drop this attempt",
                 /*may_go_on=*/false);
}

void RowSplice::drop_failed_row() {
  const auto row = earlier_.row();
  const auto text = earlier_.next();
  if (text.empty()) refuse_row(row);
  if (config_.layout.is_json && !is_error_row(text)) refuse_kind(row, "is not one");
}

void RowSplice::refuse_kind(std::uint64_t row, const std::string& what) const {
  throw RunError(
      "--retry-errors: row " + std::to_string(row) + " of the earlier output " + target_.path().final + " " +
          what +
          " of a failed record: was it made with another --on-error? Give that one, and --overwrite to drop "
          "this attempt",
      /*may_go_on=*/false);
}

void RowSplice::add(const EncodedChunk& chunk, std::string_view text) {
  begin();
  for (std::uint64_t i = 0; i < chunk.rows; ++i, ++done_) {
    const auto number = numbers_.next();
    INFER_ASSERT(number.has_value());
    take_over_until(config_.in_place ? *number : *number - done_);
    if (config_.in_place) drop_failed_row();
    const bool left_out = !config_.in_place && std::ranges::binary_search(chunk.failed_rows, i);
    if (left_out) continue;
    const auto row = first_row(text, config_.layout);
    target_.write(row);
    text.remove_prefix(row.size());
  }
  INFER_ASSERT(text.empty());
}

void RowSplice::finish() {
  begin();
  while (take_over_row()) {
  }
}

std::uint64_t RowSplice::records() const {
  return earlier_.row() + (config_.in_place ? 0 : config_.selected->records());
}

}  // namespace infer
