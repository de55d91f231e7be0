#include "record/selection.hpp"

#include "base/error.hpp"

namespace infer {
namespace {

constexpr unsigned kBits = 7;  ///< of a length in each byte; the eighth says that more follow
constexpr std::uint64_t kMore = std::uint64_t{1} << kBits;

}  // namespace

void Selection::append_run(std::uint64_t length) {
  auto& runs = chunks_.back().selected.runs;
  run_ = length;
  run_begin_ = runs.size();
  for (; length >= kMore; length >>= kBits) runs.push_back(static_cast<std::byte>(length | kMore));
  runs.push_back(static_cast<std::byte>(length));
}

void Selection::lengthen_run() {
  chunks_.back().selected.runs.resize(run_begin_);
  append_run(run_ + 1);
}

void Selection::add(const SelectedRecord& record, std::uint64_t chunk) {
  INFER_ASSERT(!last_ || record.number > last_->number);
  if (chunks_.empty() || chunks_.back().chunk != chunk || chunks_.back().file != record.file) {
    if (!chunks_.empty()) chunks_.back().selected.runs.shrink_to_fit();
    chunks_.push_back({record.file, chunk, 0, {record.offset, record.line, record.number}});
    append_run(1);
  } else if (record.number == last_->number + 1) {
    lengthen_run();
  } else {
    append_run(record.number - last_->number - 1);
    append_run(1);
  }
  chunks_.back().last_offset = record.offset;
  last_ = record;
  ++records_;
}

std::uint64_t SelectedOrder::take_run() {
  std::uint64_t length = 0;
  for (unsigned shift = 0;; shift += kBits) {
    INFER_ASSERT(!rest_.empty());
    const auto part = std::to_integer<std::uint64_t>(rest_.front());
    rest_ = rest_.subspan(1);
    length |= (part & (kMore - 1)) << shift;
    if (part < kMore) return length;
  }
}

std::optional<std::uint64_t> SelectedOrder::next() {
  if (left_ == 0) {
    if (rest_.empty()) return std::nullopt;
    if (begun_) order_ += take_run();
    left_ = take_run();
    begun_ = true;
  }
  --left_;
  return order_++;
}

std::optional<std::uint64_t> SelectedNumbers::next() {
  for (;;) {
    if (const auto order = order_.next()) return first_ + *order;
    if (next_chunk_ == selection_.chunks().size()) return std::nullopt;
    const auto& chunk = selection_.chunks()[next_chunk_++].selected;
    first_ = chunk.number;
    order_ = SelectedOrder(chunk.runs);
  }
}

}  // namespace infer
