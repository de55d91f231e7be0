#include "writer/ordered_writer.hpp"

#include <utility>

#include "base/error.hpp"
#include "writer/writer_work.hpp"

namespace infer {
namespace {

constexpr Seconds kFarewell{2};

}  // namespace

OrderedWriter::OrderedWriter(WriterConfig config, std::unique_ptr<Journal> journal,
                             std::function<void()> on_news, std::unique_ptr<Journal> errors_claim)
    : can_resume_(journal != nullptr),
      work_(std::make_shared<Work>(std::move(config), std::move(journal), std::move(on_news),
                                   std::move(errors_claim))),
      thread_([work = work_] {
        work->run();
        work->status_.end();
      }) {}

OrderedWriter::~OrderedWriter() {
  work_->queue_.close();
  const Deadline farewell(kFarewell);
  if (!thread_.joinable() || work_->status_.wait_for_end([&] { return farewell.passed(); })) return;
  work_->status_.abandon();
  thread_.detach();
}

void OrderedWriter::submit(EncodedChunk chunk) {
  INFER_ASSERT(chunk.range.id < work_->end_);
  work_->status_.handed_over(chunk);
  work_->queue_.push(std::move(chunk));
}

void OrderedWriter::end_at(std::uint64_t chunks) {
  const auto before = work_->end_.load();
  INFER_ASSERT(before == chunks || before == Work::kOpen);
  work_->end_ = chunks;
}

std::vector<PartOrder> OrderedWriter::take_orders() {
  return work_->parts_ ? work_->parts_->take_orders() : std::vector<PartOrder>{};
}

void OrderedWriter::finished(const FinishedPart& part) { work_->queue_.push(part); }

WriterProgress OrderedWriter::progress() const { return work_->status_.progress(); }

WrittenAccount OrderedWriter::account() const { return work_->status_.account(); }

void OrderedWriter::hurry() { work_->status_.hurry(); }

void OrderedWriter::rethrow_if_failed() const { work_->status_.rethrow_if_failed(); }

void OrderedWriter::finish() {
  work_->queue_.close();
  if (thread_.joinable()) thread_.join();
  rethrow_if_failed();
  INFER_ASSERT(progress().committed);
}

bool OrderedWriter::stop(Seconds limit) {
  work_->queue_.close();
  const auto hangs = [&] {
    const auto busy_since = progress().busy_since;
    return busy_since && Clock::now() - *busy_since > limit;
  };
  if (!work_->status_.wait_for_end(hangs)) return false;
  rethrow_if_failed();
  return true;
}

}  // namespace infer
