#include "writer/parts/part_writer.hpp"

#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <utility>
#include <variant>

#include "base/bounded_queue.hpp"
#include "base/doorbell.hpp"
#include "base/error.hpp"
#include "writer/parts/part_file.hpp"

namespace infer {
namespace {

constexpr Seconds kFarewell{2};

}  // namespace

/// What the thread works on. Outlives the writer when the thread hangs.
struct PartWriter::Work {
  Work(PartWriterConfig its_config, std::function<void()> its_news)
      : config(std::move(its_config)),
        on_news(std::move(its_news)),
        lane(config.timeline->lane("part writer")),
        queue(config.max_waiting) {}

  /// A part that is being written, and chunks of it that came too early.
  struct OpenPart {
    OpenPart(const PartNames& names, std::uint64_t part, std::uint64_t first, const OutputForm& form)
        : file(names.path(part), form), next(first) {}

    PartFile file;
    std::uint64_t next;
    std::map<std::uint64_t, EncodedChunk> early;
  };

  void run();
  void take(EncodedChunk chunk);
  void take(const PartOrder& order);
  OpenPart& open_part(std::uint64_t part);
  void begin_step(std::uint64_t chunk);
  void end_step();
  void tell_news();
  void abandon();
  bool wait_for_end();

  const PartWriterConfig config;
  std::function<void()> on_news;  // guarded by the next
  std::mutex news_mutex;
  Timeline::Lane& lane;
  BoundedQueue<std::variant<EncodedChunk, PartOrder>> queue;
  std::map<std::uint64_t, OpenPart> open;  // by number
  mutable std::mutex mutex;                // guards the next three
  News news;
  std::optional<Step> step;
  std::exception_ptr failure;
  std::atomic<bool> ended{false};
  Doorbell has_ended;
};

void PartWriter::Work::run() {
  try {
    while (auto next = queue.pop()) {
      std::visit([this](auto& item) { take(std::move(item)); }, *next);
      end_step();
      tell_news();
    }
  } catch (...) {
    queue.discard();
    {
      std::lock_guard lock(mutex);
      failure = std::current_exception();
      step.reset();
    }
    tell_news();
  }
  ended = true;
  has_ended.ring();
}

PartWriter::Work::OpenPart& PartWriter::Work::open_part(std::uint64_t part) {
  return open.try_emplace(part, config.names, part, part * config.chunks, config.form).first->second;
}

void PartWriter::Work::take(EncodedChunk chunk) {
  const auto id = chunk.range.id;
  begin_step(id);
  const TimedSpan span(lane, "write", id, chunk.rows);
  auto& part = open_part(id / config.chunks);
  part.early.emplace(id, std::move(chunk));
  for (auto next = part.early.extract(part.next); next; next = part.early.extract(++part.next)) {
    auto rest = part.file.add(std::move(next.mapped()));
    std::lock_guard lock(mutex);
    news.chunks.push_back(std::move(rest));
  }
}

void PartWriter::Work::take(const PartOrder& order) {
  begin_step(order.part * config.chunks);
  const TimedSpan span(lane, "finish part", order.part);
  const auto finished = open_part(order.part).file.finish(order);
  open.erase(order.part);
  std::lock_guard lock(mutex);
  news.parts.push_back(finished);
}

void PartWriter::Work::begin_step(std::uint64_t chunk) {
  std::lock_guard lock(mutex);
  step = {chunk, Clock::now()};
}

void PartWriter::Work::end_step() {
  std::lock_guard lock(mutex);
  step.reset();
}

void PartWriter::Work::tell_news() {
  std::lock_guard lock(news_mutex);
  on_news();
}

void PartWriter::Work::abandon() {
  std::lock_guard lock(news_mutex);
  on_news = [] {};
}

bool PartWriter::Work::wait_for_end() {
  for (const Deadline farewell(kFarewell); !ended && !farewell.passed();)
    has_ended.wait(std::chrono::milliseconds(10));
  return ended;
}

PartWriter::PartWriter(PartWriterConfig config, std::function<void()> on_news)
    : work_(std::make_shared<Work>(std::move(config), std::move(on_news))),
      thread_([work = work_] { work->run(); }) {}

PartWriter::~PartWriter() {
  work_->queue.discard();
  if (work_->wait_for_end()) return;
  work_->abandon();
  thread_.detach();
}

void PartWriter::submit(EncodedChunk chunk) { work_->queue.push(std::move(chunk)); }

void PartWriter::finish(const PartOrder& order) { work_->queue.push(order); }

PartWriter::News PartWriter::take_news() {
  std::lock_guard lock(work_->mutex);
  if (work_->failure) std::rethrow_exception(work_->failure);
  return std::exchange(work_->news, {});
}

std::optional<PartWriter::Step> PartWriter::step() const {
  std::lock_guard lock(work_->mutex);
  return work_->step;
}

}  // namespace infer
