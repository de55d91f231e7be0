// The one place where threads meet: a bounded FIFO that can be closed, with or without an error.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace infer {

/// Thread-safe for any number of producers and consumers.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  /// Blocks while full. False once the queue is closed; `item` is then dropped.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    not_empty_.notify_one();
    return true;
  }

  /// Blocks while empty. Items pushed before close() still come out; then empty for ever, or, after
  /// fail(), the error is thrown at once.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [this] { return closed_ || !items_.empty(); });
    return take();
  }

  /// Like pop(), but returns empty at `end` too.
  std::optional<T> pop_until(std::chrono::steady_clock::time_point end) {
    std::unique_lock lock(mutex_);
    not_empty_.wait_until(lock, end, [this] { return closed_ || !items_.empty(); });
    return take();
  }

  /// Like pop(), but returns empty instead of blocking.
  std::optional<T> try_pop() {
    std::lock_guard lock(mutex_);
    return take();
  }

  /// No more pushes. Idempotent; wakes both sides.
  void close() { shut(nullptr, false); }

  /// close(), and what is queued is dropped.
  void discard() { shut(nullptr, true); }

  /// discard(), and every later pop() throws `error`. The first error stays.
  void fail(std::exception_ptr error) { shut(std::move(error), true); }

  bool is_closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }

  std::size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  std::optional<T> take() {
    if (error_) std::rethrow_exception(error_);
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    not_full_.notify_one();
    return item;
  }

  void shut(std::exception_ptr error, bool drop) {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    if (drop) items_.clear();
    closed_ = true;
    not_full_.notify_all();
    not_empty_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable not_full_;
  std::condition_variable not_empty_;
  std::deque<T> items_;
  const std::size_t capacity_;
  bool closed_ = false;
  std::exception_ptr error_;
};

}  // namespace infer
