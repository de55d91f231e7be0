#include "writer/splice/piece_splice.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "writer/failure_list.hpp"

namespace infer {
namespace {

void add(std::vector<PieceRows>& all, const PieceRows& rows) {
  const bool goes_on =
      !all.empty() && all.back().piece == rows.piece && all.back().first + all.back().rows == rows.first;
  goes_on ? void(all.back().rows += rows.rows) : all.push_back(rows);
}

}  // namespace

PieceSplice::PieceSplice(const RetryConfig& config, std::vector<std::string> files, OutputFile& target,
                         From from, std::function<void()> on_progress)
    : config_(config),
      earlier_(std::move(files), config),
      target_(target),
      on_progress_(std::move(on_progress)),
      chunk_(from.chunk),
      begin_(from.record) {
  for (auto left = from.skipped_rows; left > 0 && load_piece();) {
    used_ = std::min(left, piece_->rows);
    left -= used_;
  }
}

/// False behind the last one.
bool PieceSplice::open_chunk() {
  if (end_) return true;
  const auto* records = config_.chunk_records.get();
  if (records != nullptr ? chunk_ == records->size() : !load_piece()) return false;
  end_ = begin_ + (records != nullptr ? (*records)[chunk_] : piece_->rows - used_);
  return true;
}

void PieceSplice::put(const NewRow& row) {
  while (open_chunk() && *end_ <= row.record) write_chunk();
  if (!end_) refuse_missing(row.record);
  waiting_.push_back({row.record, !row.text.empty()});
  new_rows_ += row.text;
}

/// Reads them again: where the pieces begin, nobody has noted.
void PieceSplice::pass_over(const Selection& selected, std::uint64_t done, std::uint64_t next) {
  passes_over_ = true;
  SelectedNumbers numbers(selected);
  for (std::uint64_t i = 0; i < done; ++i) put({numbers.next().value()});
  take_over_until(next);
  passes_over_ = false;
}

void PieceSplice::take_over_until(std::uint64_t record) {
  while (begin_ < record && open_chunk() && *end_ <= record) write_chunk();
  if (record == kEnd && load_piece())
    throw RunError("--retry-errors: the earlier output " + earlier_.path() +
                       " has more rows than the input has records: was it made of another input, or with "
                       "another --on-error? Give those, and --overwrite to drop this attempt",
                   /*may_go_on=*/false);
}

void PieceSplice::write_chunk() {
  auto parts = chunk_parts();
  auto& pieces = parts.pieces;
  const bool is_whole = parts.has_earlier && parts.rows.size() == 1 &&
                        parts.rows.front() == PieceRows{pieces.size() - 1, 0, pieces.back().rows};
  if (is_whole && !passes_over_) {
    target_.write(pieces.back().bytes);
  } else if (!parts.rows.empty() && !passes_over_) {
    target_.write(joined_piece(pieces, parts.rows, *config_.pieces));
  }
  if (parts.has_earlier && used_ < pieces.back().rows) piece_ = std::move(pieces.back());
  begin_ = *std::exchange(end_, std::nullopt);
  ++chunk_;
  on_progress_();
}

PieceSplice::Parts PieceSplice::chunk_parts() {
  Parts parts;
  const auto new_rows = std::exchange(new_rows_, {});
  const auto waiting = std::exchange(waiting_, {});
  if (!new_rows.empty()) parts.pieces.push_back(piece_of(new_rows, config_));
  auto record = begin_;
  std::uint64_t new_row = 0;
  for (const auto& each : waiting) {
    take_rows(each.record - record, parts);
    if (config_.in_place) drop_row(each.record, parts);
    if (each.has_row) add(parts.rows, {0, new_row++, 1});
    record = each.record + 1;
  }
  take_rows(*end_ - record, parts);
  return parts;
}

/// Whether there is one with a row that is not used.
bool PieceSplice::load_piece() {
  if (piece_ && used_ < piece_->rows) return true;
  piece_ = earlier_.next();
  used_ = 0;
  return piece_.has_value();
}

/// Likewise, and it is the last of `parts`.
bool PieceSplice::hold_piece(Parts& parts) {
  if (parts.has_earlier && used_ < parts.pieces.back().rows) return true;
  if (!load_piece()) return false;
  parts.pieces.push_back(*std::exchange(piece_, std::nullopt));
  parts.has_earlier = true;
  return true;
}

void PieceSplice::take_rows(std::uint64_t rows, Parts& parts) {
  while (rows > 0) {
    if (!hold_piece(parts)) refuse_missing(*end_ - 1);
    const auto& piece = parts.pieces.back();
    const auto some = std::min(rows, piece.rows - used_);
    for (auto row = used_; !config_.in_place && config_.layout.is_json && row < used_ + some; ++row) {
      if (is_error_row(piece.row(row)))
        detail::refuse_row_kind(earlier_.path(), earlier_.rows() - piece.rows + row, "is one");
    }
    add(parts.rows, {parts.pieces.size() - 1, used_, some});
    used_ += some;
    rows -= some;
  }
}

void PieceSplice::drop_row(std::uint64_t record, Parts& parts) {
  if (!hold_piece(parts)) refuse_missing(record);
  if (config_.layout.is_json && !is_error_row(parts.pieces.back().row(used_)))
    detail::refuse_row_kind(earlier_.path(), record, "is not one");
  ++used_;
}

void PieceSplice::refuse_missing(std::uint64_t record) const {
  detail::refuse_missing_row(earlier_.path(), earlier_.rows(), config_.in_place ? record : earlier_.rows());
}

}  // namespace infer
