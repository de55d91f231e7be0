#include "writer/splice/row_splice.hpp"

#include <utility>

#include "writer/failure_list.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kProgressBytes = std::uint64_t{16} << 20U;

}  // namespace

RowSplice::RowSplice(const RetryConfig& config, std::vector<std::string> files, OutputFile& target, From from,
                     std::function<void()> on_progress)
    : layout_(config.layout),
      in_place_(config.in_place),
      target_(target),
      earlier_(std::move(files), layout_, from.position, from.row),
      done_(from.done),
      on_progress_(std::move(on_progress)) {}

void RowSplice::skip_rows(std::uint64_t rows) {
  for (std::uint64_t row = 0; row < rows && !earlier_.next().empty(); ++row) {
  }
}

/// False at the end.
bool RowSplice::take_over_row() {
  const auto row = earlier_.row();
  const auto text = earlier_.next();
  if (!in_place_ && is_error_row(text)) detail::refuse_row_kind(earlier_.path(), row, "is one");
  target_.write(text);
  taken_ += text.size();
  if (taken_ - told_ >= kProgressBytes) {
    told_ = taken_;
    on_progress_();
  }
  return !text.empty();
}

void RowSplice::take_over_until(std::uint64_t record) {
  const auto row = record == kEnd || in_place_ ? record : record - done_;
  while (earlier_.row() < row && take_over_row()) {
  }
}

void RowSplice::drop_failed_row() {
  const auto row = earlier_.row();
  const auto text = earlier_.next();
  if (text.empty()) detail::refuse_missing_row(earlier_.path(), row, row);
  if (layout_.is_json && !is_error_row(text)) detail::refuse_row_kind(earlier_.path(), row, "is not one");
}

void RowSplice::put(const NewRow& row) {
  take_over_until(row.record);
  const auto place = in_place_ ? row.record : row.record - done_;
  if (earlier_.row() < place) detail::refuse_missing_row(earlier_.path(), earlier_.row(), place);
  if (in_place_) drop_failed_row();
  ++done_;
  target_.write(row.text);
}

}  // namespace infer
