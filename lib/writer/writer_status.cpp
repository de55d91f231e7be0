#include "writer/writer_status.hpp"

#include <utility>

namespace infer {
namespace {

/// What a chunk takes in memory while it waits.
std::uint64_t text_bytes(const EncodedChunk& chunk) {
  return chunk.output.text.size() + chunk.errors.text.size();
}

}  // namespace

WriterStatus::WriterStatus(const Checkpoint& from, std::function<void()> on_news)
    : on_news_(std::move(on_news)) {
  show(from);
  show_kept(from);
}

void WriterStatus::show(const Checkpoint& written) {
  progress_.next_chunk = written.chunks;
  progress_.rows = written.rows;
  progress_.failed = written.failed;
  progress_.input_bytes = written.input_bytes;
  progress_.first_failure = written.first_failure;
  account_.failures = written.failures;
  account_.sessions = written.sessions;
}

void WriterStatus::show_kept(const Checkpoint& kept) {
  progress_.kept_chunks = kept.chunks;
  progress_.kept_rows = kept.rows;
}

void WriterStatus::handed_over(const EncodedChunk& chunk) {
  std::lock_guard lock(mutex_);
  progress_.waiting_bytes += text_bytes(chunk);
}

WriterProgress WriterStatus::progress() const {
  std::lock_guard lock(mutex_);
  return progress_;
}

WrittenAccount WriterStatus::account() const {
  std::lock_guard lock(mutex_);
  return account_;
}

void WriterStatus::rethrow_if_failed() const {
  std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

void WriterStatus::abandon() {
  std::lock_guard lock(news_mutex_);
  on_news_ = [] {};
}

bool WriterStatus::wait_for_end(const std::function<bool()>& gives_up) {
  while (!ended_ && !gives_up()) has_ended_.wait(std::chrono::milliseconds(10));
  return ended_;
}

void WriterStatus::begin_step() {
  std::lock_guard lock(mutex_);
  progress_.busy_since = Clock::now();
}

void WriterStatus::end_step() {
  std::lock_guard lock(mutex_);
  progress_.busy_since.reset();
}

void WriterStatus::keeps(const Checkpoint& kept) {
  std::lock_guard lock(mutex_);
  show_kept(kept);
  progress_.busy_since.reset();
}

void WriterStatus::wrote(const EncodedChunk& chunk, const Checkpoint& so_far, const Checkpoint& kept,
                         std::uint64_t ns) {
  std::lock_guard lock(mutex_);
  show(so_far);
  show_kept(kept);
  if (!progress_.first_row && chunk.rows > 0) progress_.first_row = Clock::now();
  progress_.waiting_bytes -= text_bytes(chunk);
  progress_.write_ns += ns;
  progress_.busy_since.reset();
}

void WriterStatus::added_checkpoint(std::uint64_t ns) {
  std::lock_guard lock(mutex_);
  progress_.journal_ns += ns;
  progress_.busy_since.reset();
}

void WriterStatus::committed(std::uint64_t records) {
  std::lock_guard lock(mutex_);
  progress_.busy_since.reset();
  progress_.records = records;
  progress_.committed = true;
}

void WriterStatus::tell_news() {
  std::lock_guard lock(news_mutex_);
  on_news_();
}

void WriterStatus::fail(std::exception_ptr failure) {
  std::lock_guard lock(mutex_);
  failure_ = std::move(failure);
}

void WriterStatus::end() {
  ended_ = true;
  has_ended_.ring();
}

}  // namespace infer
