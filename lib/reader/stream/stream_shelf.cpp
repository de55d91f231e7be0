#include "reader/stream/stream_shelf.hpp"

#include <utility>

#include "base/error.hpp"
#include "reader/stream/stream_watch.hpp"

namespace infer {
namespace {

constexpr std::size_t kLeastChunks = 2;

}  // namespace

void StreamShelf::put_sample(StreamSample sample) {
  std::lock_guard lock(mutex_);
  sample_ = std::move(sample);
  changed_.notify_all();
}

StreamBegin StreamShelf::wait_for_begin() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || begin_; });
  if (stopped_) throw StreamStopped();
  next_id_ = begin_->scored.chunks;
  return *begin_;
}

void StreamShelf::tell_behind(std::uint64_t input_bytes) {
  std::lock_guard lock(mutex_);
  is_behind_ = true;
  input_bytes_ = input_bytes;
  changed_.notify_all();
}

void StreamShelf::put(GrantedChunk chunk, std::uint64_t input_end) {
  std::unique_lock lock(mutex_);
  const auto bytes = chunk.payload->size();
  changed_.wait(lock,
                [&] { return stopped_ || chunks_.size() < kLeastChunks || bytes_ + bytes <= most_bytes_; });
  if (stopped_) throw StreamStopped();
  INFER_ASSERT(chunk.range.id == next_id_);
  places_.push_back({chunk.range, input_end});
  bytes_ += bytes;
  chunks_.emplace(next_id_++, std::move(chunk));
}

void StreamShelf::put_end(std::uint64_t chunks) {
  std::lock_guard lock(mutex_);
  end_ = chunks;
}

void StreamShelf::fail(std::exception_ptr reason) {
  std::lock_guard lock(mutex_);
  failure_ = std::move(reason);
  changed_.notify_all();
}

void StreamShelf::warn(std::string text) {
  std::lock_guard lock(mutex_);
  warning_ += (warning_.empty() ? "" : "; ") + text;
}

void StreamShelf::begin(const Scored& scored, std::vector<Scored> ahead) {
  std::lock_guard lock(mutex_);
  begin_ = {scored, std::move(ahead)};
  changed_.notify_all();
}

void StreamShelf::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

bool StreamShelf::wait_for(Seconds limit, const std::function<bool()>& is_there) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [&] { return failure_ || is_there(); });
  if (failure_ && !is_there()) std::rethrow_exception(failure_);
  return is_there();
}

bool StreamShelf::wait_for_sample(Seconds limit) {
  return wait_for(limit, [this] { return sample_.has_value(); });
}

bool StreamShelf::wait_until_behind(Seconds limit) {
  return wait_for(limit, [this] { return is_behind_; });
}

const StreamSample& StreamShelf::sample() const {
  std::lock_guard lock(mutex_);
  INFER_ASSERT(sample_);
  return *sample_;
}

Supply StreamShelf::supply() const {
  std::lock_guard lock(mutex_);
  return {next_id_, end_};
}

GrantedChunk StreamShelf::take(std::uint64_t id) {
  std::lock_guard lock(mutex_);
  auto chunk = chunks_.extract(id);
  INFER_ASSERT(!chunk.empty());
  bytes_ -= chunk.mapped().payload->size();
  changed_.notify_all();
  return std::move(chunk.mapped());
}

std::optional<StreamPlace> StreamShelf::place(std::uint64_t id) const {
  std::lock_guard lock(mutex_);
  if (places_.empty() || id < places_.front().range.id || id > places_.back().range.id) return std::nullopt;
  return places_[id - places_.front().range.id];
}

std::uint64_t StreamShelf::input_bytes_before(std::uint64_t id) {
  std::lock_guard lock(mutex_);
  for (; !places_.empty() && places_.front().range.id < id; places_.pop_front())
    input_bytes_ = places_.front().input_end;
  return input_bytes_;
}

void StreamShelf::rethrow_if_broken(std::uint64_t written) const {
  std::lock_guard lock(mutex_);
  if (failure_ && written >= next_id_) std::rethrow_exception(failure_);
}

std::string StreamShelf::take_warning() {
  std::lock_guard lock(mutex_);
  return std::exchange(warning_, {});
}

}  // namespace infer
