#include "writer/parts/part_writer.hpp"

#include <array>
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
constexpr std::size_t kFinishers = 4;  ///< file systems join syncs that come together

}  // namespace

/// What the threads work on. Outlives the writer when one of them hangs.
struct PartWriter::Work {
  Work(PartWriterConfig its_config, std::function<void()> its_news)
      : config(std::move(its_config)),
        on_news(std::move(its_news)),
        queue(config.max_waiting),
        full(config.max_waiting) {}

  /// A part that is being written, and chunks of it that came too early.
  struct OpenPart {
    OpenPart(const PartNames& names, std::uint64_t part, std::uint64_t first, const OutputForm& form)
        : file(names.path(part), form), next(first) {}

    PartFile file;
    std::uint64_t next;
    std::map<std::uint64_t, EncodedChunk> early;
  };
  using OpenParts = std::map<std::uint64_t, OpenPart>;  // by number
  struct FullPart {
    PartOrder order;
    OpenParts::node_type part;
  };
  /// What a thread is at.
  using Steps = std::array<std::optional<Step>, 1 + kFinishers>;

  void run(const std::function<void()>& stage);
  void write();
  void take(EncodedChunk chunk);
  void take(const PartOrder& order);
  OpenParts::iterator open_part(std::uint64_t part);
  void finish(std::size_t thread);
  void begin_step(std::size_t thread, std::uint64_t chunk);
  void end_step(std::size_t thread);
  void fail();
  void discard();
  void tell_news();
  void abandon();
  bool wait_for_end();

  const PartWriterConfig config;
  std::function<void()> on_news;  // guarded by the next
  std::mutex news_mutex;
  BoundedQueue<std::variant<EncodedChunk, PartOrder>> queue;
  OpenParts open;               // the writing thread's own
  BoundedQueue<FullPart> full;  // syncs take long: the next part is written meanwhile
  mutable std::mutex mutex;     // guards the next three
  News news;
  Steps steps;
  std::exception_ptr failure;
  std::atomic<std::size_t> running{1 + kFinishers};
  Doorbell has_ended;
};

void PartWriter::Work::run(const std::function<void()>& stage) {
  try {
    stage();
  } catch (...) {
    fail();
  }
  --running;
  has_ended.ring();
}

void PartWriter::Work::write() {
  auto& lane = config.timeline->lane("part writer");
  while (auto next = queue.pop()) {
    if (const auto* chunk = std::get_if<EncodedChunk>(&*next)) {
      const TimedSpan span(lane, "write", chunk->range.id, chunk->rows);
      begin_step(0, chunk->range.id);
      take(std::move(std::get<EncodedChunk>(*next)));
      end_step(0);
      tell_news();
    } else {
      take(std::get<PartOrder>(*next));
    }
  }
  full.close();
}

PartWriter::Work::OpenParts::iterator PartWriter::Work::open_part(std::uint64_t part) {
  return open.try_emplace(part, config.names, part, part * config.chunks, config.form).first;
}

void PartWriter::Work::take(EncodedChunk chunk) {
  const auto id = chunk.range.id;
  auto& part = open_part(id / config.chunks)->second;
  part.early.emplace(id, std::move(chunk));
  for (auto next = part.early.extract(part.next); next; next = part.early.extract(++part.next)) {
    auto rest = part.file.add(std::move(next.mapped()));
    std::lock_guard lock(mutex);
    news.chunks.push_back(std::move(rest));
  }
}

void PartWriter::Work::take(const PartOrder& order) {
  auto part = open.extract(order.part);
  INFER_ASSERT(!part.empty());
  full.push({order, std::move(part)});
}

void PartWriter::Work::finish(std::size_t thread) {
  auto& lane = config.timeline->lane("part finisher");
  while (auto next = full.pop()) {
    const TimedSpan span(lane, "finish part", next->order.part);
    begin_step(thread, next->order.part * config.chunks);
    const auto finished = next->part.mapped().file.finish(next->order);
    next.reset();
    end_step(thread);
    {
      std::lock_guard lock(mutex);
      news.parts.push_back(finished);
    }
    tell_news();
  }
}

void PartWriter::Work::begin_step(std::size_t thread, std::uint64_t chunk) {
  std::lock_guard lock(mutex);
  steps.at(thread) = {chunk, Clock::now()};
}

void PartWriter::Work::end_step(std::size_t thread) {
  std::lock_guard lock(mutex);
  steps.at(thread).reset();
}

/// The first failure stays.
void PartWriter::Work::fail() {
  discard();
  {
    std::lock_guard lock(mutex);
    if (!failure) failure = std::current_exception();
    steps = {};
  }
  tell_news();
}

void PartWriter::Work::discard() {
  queue.discard();
  full.discard();
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
  for (const Deadline farewell(kFarewell); running > 0 && !farewell.passed();)
    has_ended.wait(std::chrono::milliseconds(10));
  return running == 0;
}

PartWriter::PartWriter(PartWriterConfig config, std::function<void()> on_news)
    : work_(std::make_shared<Work>(std::move(config), std::move(on_news))),
      writing_([work = work_] { work->run([&] { work->write(); }); }) {
  try {
    for (std::size_t thread = 1; thread <= kFinishers; ++thread)
      finishing_.emplace_back([work = work_, thread] { work->run([&] { work->finish(thread); }); });
  } catch (...) {
    work_->discard();  // else the threads that did start would wait for work for ever
    throw;
  }
}

PartWriter::~PartWriter() {
  work_->discard();
  if (work_->wait_for_end()) return;
  work_->abandon();
  writing_.detach();
  for (auto& thread : finishing_) thread.detach();
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
  std::optional<Step> oldest;
  for (const auto& step : work_->steps) {
    if (step && (!oldest || step->since < oldest->since)) oldest = step;
  }
  return oldest;
}

}  // namespace infer
