#include "writer/writer_work.hpp"

#include <utility>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr std::chrono::milliseconds kLongestSleep{50};  ///< until a wish to hurry, or the end, is heard of

RowTarget::Rows rows_of(const WriterConfig& config) {
  return config.parts ? RowTarget::Rows::elsewhere : RowTarget::Rows::here;
}

std::optional<std::uint64_t> digest_of_all(const std::optional<RetryConfig>& retry) {
  return retry ? std::optional(retry->input_digest) : std::nullopt;
}

}  // namespace

OrderedWriter::Work::Work(WriterConfig its_config, std::unique_ptr<Journal> journal,
                          std::function<void()> on_news, std::unique_ptr<Journal> errors_claim)
    : config_(std::move(its_config)),
      end_(config_.chunks.value_or(kOpen)),
      status_(config_.from, std::move(on_news)),
      queue_(2 * config_.window + 1),  // with parts each chunk may be one
      lane_(config_.timeline->lane("writer")),
      journal_(std::move(journal), std::move(errors_claim)),
      target_(
          config_.files, config_.from, config_.form, config_.retry, [this] { status_.begin_step(); },
          rows_of(config_)),
      schedule_(config_.journal_interval, Clock::now()),
      order_(config_.from.chunks, config_.window),
      written_(config_.from, digest_of_all(config_.retry)) {
  if (config_.parts) parts_.emplace(*config_.parts, config_.from, target_);
}

void OrderedWriter::Work::run() {
  try {
    if (!open_pipes()) return;
    begin_journal();
    while (!is_at_end()) {
      const bool closed = queue_.is_closed();  // asked first: nothing comes after it
      if (auto news = next()) {
        std::visit([this](auto& item) { take(std::move(item)); }, *news);
        status_.tell_news();
      } else if (closed) {
        return checkpoint(false);
      }
      keep_journal();
    }
    commit();
    status_.tell_news();
  } catch (...) {
    status_.fail(std::current_exception());
    queue_.close();
    status_.tell_news();
  }
}

/// Nobody may be reading yet. False when the run is over before.
bool OrderedWriter::Work::open_pipes() {
  status_.begin_step();
  const bool open = target_.open_pipes([this] { return queue_.is_closed(); });
  status_.end_step();
  return open;
}

void OrderedWriter::Work::begin_journal() {
  status_.begin_step();
  journal_.begin(config_.run, config_.from, target_.output());
  status_.end_step();
}

/// With parts, only once all are finished.
bool OrderedWriter::Work::is_at_end() {
  if (written_.so_far().chunks < end_) return false;
  if (!parts_) return true;
  parts_->end(written_.so_far());
  return parts_->is_settled();
}

/// Returns empty now and then, so that the journal is kept, and the end is heard of, while nothing comes.
std::optional<WriterNews> OrderedWriter::Work::next() {
  return queue_.pop_until(Clock::now() + kLongestSleep);
}

void OrderedWriter::Work::take(EncodedChunk chunk) {
  order_.add(std::move(chunk));
  while (write_next()) keep_journal();
}

void OrderedWriter::Work::take(const FinishedPart& part) {
  status_.begin_step();
  parts_->finished(part);
  status_.keeps(kept());
}

/// False when its turn has not come.
bool OrderedWriter::Work::write_next() {
  const auto chunk = order_.take();
  if (!chunk) return false;
  const TimedSpan span(lane_, "write", chunk->range.id, chunk->rows);
  const Stopwatch watch;
  if (chunk->failed > 0 && config_.stop_at_first_failure) refuse_failure(*chunk);
  status_.begin_step();
  journal_.keep_claims();
  target_.write(*chunk, written_.before(*chunk));
  account_for(*chunk);
  status_.wrote(*chunk, written_.so_far(), kept(), watch.elapsed_ns());
  return true;
}

void OrderedWriter::Work::account_for(const EncodedChunk& chunk) {
  const auto before = written_.so_far();
  written_.add(chunk);
  if (target_.is_between()) written_.keep();
  if (parts_) parts_->add(chunk, before, written_.so_far());
}

void OrderedWriter::Work::refuse_failure(const EncodedChunk& chunk) const {
  throw RunError(
      stamped(chunk.first_failure, written_.before(chunk)) + "; stopped because of --on-error fail",
      /*may_go_on=*/false);
}

/// A checkpoint when one is due.
void OrderedWriter::Work::keep_journal() {
  const bool is_hurried = status_.take_hurry();
  if (is_hurried || schedule_.is_due(Clock::now())) checkpoint(false);
}

/// Syncs the files.
Checkpoint OrderedWriter::Work::checkpoint_now(bool complete) {
  auto point = kept();
  point.source_bytes = target_.position();
  point.records = complete ? target_.records(point.rows) : 0;
  point.complete = complete;
  if (!point.sessions.empty()) point.sessions.back().seconds = since_start_.elapsed_s();
  if (parts_) {
    point.files.insert(point.files.begin(), target_.sync_output());
  } else {
    point.files = target_.sync();
  }
  return point;
}

void OrderedWriter::Work::checkpoint(bool complete) {
  const auto chunks = kept().chunks;
  if (!complete && (!journal_.lacks(chunks) || !target_.is_between())) return;
  status_.begin_step();
  const TimedSpan span(lane_, "checkpoint", chunks);
  const Stopwatch watch;
  journal_.add(checkpoint_now(complete));
  schedule_.made(Clock::now(), Seconds(watch.elapsed_s()));
  status_.added_checkpoint(watch.elapsed_ns());
}

void OrderedWriter::Work::commit() {
  INFER_ASSERT(order_.is_empty());
  const TimedSpan span(lane_, "commit");
  const auto rows = written_.so_far().rows;
  status_.begin_step();
  target_.finish(rows, config_.leaves_out_failed ? written_.so_far().failed : 0);
  written_.keep();
  if (parts_) parts_->finish();
  if (journal_.is_kept()) {
    checkpoint(true);
  } else {
    target_.sync();
  }
  status_.begin_step();
  target_.commit(existing_of(config_.run, false));
  if (parts_) parts_->remove_replaced();
  target_.remove_replaced();
  journal_.finish(target_.output().record());
  status_.committed(target_.records(rows));
}

}  // namespace infer
