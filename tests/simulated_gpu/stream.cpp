#include "stream.hpp"

#include <thread>
#include <utility>
#include <vector>

#include "settings.hpp"

namespace simulated {
namespace {

struct Streams {
  std::mutex mutex;
  std::vector<std::unique_ptr<Stream>> all;
};

Streams& streams() {
  static auto& all = *std::make_unique<Streams>().release();
  return all;
}

}  // namespace

void Mark::reach() {
  {
    const std::lock_guard lock(mutex_);
    reached_ = true;
    time_ = std::chrono::steady_clock::now();
  }
  changed_.notify_all();
}

bool Mark::reached() const {
  const std::lock_guard lock(mutex_);
  return reached_;
}

std::chrono::steady_clock::time_point Mark::time() const {
  const std::lock_guard lock(mutex_);
  return time_;
}

void Mark::wait() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return reached_; });
}

Stream::Stream() {
  std::thread([this] { run(); }).detach();
}

void Stream::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !work_.empty(); });
    auto next = std::move(work_.front());
    work_.pop_front();
    busy_ = true;
    lock.unlock();
    std::this_thread::sleep_for(settings().lag);
    next();
    lock.lock();
    busy_ = false;
    lock.unlock();
    changed_.notify_all();
  }
}

void Stream::enqueue(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  changed_.notify_all();
}

std::shared_ptr<Mark> Stream::mark() {
  auto mark = std::make_shared<Mark>();
  enqueue([mark] { mark->reach(); });
  return mark;
}

bool Stream::idle() const {
  const std::lock_guard lock(mutex_);
  return work_.empty() && !busy_;
}

void Stream::wait_idle() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return work_.empty() && !busy_; });
}

void* make_stream() {
  auto& known = streams();
  const std::lock_guard lock(known.mutex);
  known.all.push_back(std::make_unique<Stream>());
  return known.all.back().get();
}

Stream& stream_of(void* handle) {
  if (handle != nullptr) return *static_cast<Stream*>(handle);
  static void* const standard = make_stream();
  return *static_cast<Stream*>(standard);
}

void wait_for_all_streams() {
  auto& known = streams();
  std::vector<Stream*> all;
  {
    const std::lock_guard lock(known.mutex);
    for (const auto& stream : known.all) all.push_back(stream.get());
  }
  for (auto* const stream : all) stream->wait_idle();
}

}  // namespace simulated
