#include "writer/writer_work.hpp"

#include <algorithm>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace infer {
namespace {

constexpr std::chrono::milliseconds kLongestSleep{50};  ///< until a wish to hurry is heard
constexpr double kMostTimeForJournal = 0.05;  ///< share of this thread's time, which it rarely needs
constexpr Seconds kLongestInterval{60};

void write_stamped(OutputFile& file, const StampedText& source, const Counts& before) {
  if (source.stamps.empty()) return file.write(source.text);
  file.write(stamped(source, before));
}

Segment kept(const Checkpoint& from, std::size_t file) {
  return file < from.files.size() ? from.files[file] : Segment{};
}

}  // namespace

std::uint64_t text_bytes(const EncodedChunk& chunk) {
  return chunk.output.text.size() + chunk.errors.text.size();
}

OrderedWriter::Work::Work(WriterConfig its_config, std::unique_ptr<Journal> its_journal,
                          std::function<void()> news, std::unique_ptr<Journal> its_errors_claim)
    : config_(std::move(its_config)),
      on_news_(std::move(news)),
      lane_(config_.timeline->lane("writer")),
      journal_(std::move(its_journal)),
      errors_claim_(std::move(its_errors_claim)),
      output_(config_.files.output, kept(config_.from, 0)),
      file_(config_.from.file),
      lines_(config_.from.lines),
      input_digest_(config_.retry ? config_.retry->input_digest : config_.from.input_digest),
      beyond_digest_(config_.from.beyond_digest),
      kept_chunks_(config_.from.chunks),
      next_checkpoint_(Clock::now() + std::chrono::duration_cast<Clock::duration>(config_.journal_interval)),
      queue_(config_.window + 1) {
  if (config_.files.errors) errors_.emplace(*config_.files.errors, kept(config_.from, 1));
  if (config_.retry)
    splice_.emplace(*config_.retry, output_, config_.from.rows, config_.from.source_bytes,
                    [this] { set_busy(true); });
  progress_.next_chunk = config_.from.chunks;
  progress_.rows = config_.from.rows;
  progress_.failed = config_.from.failed;
  progress_.input_bytes = config_.from.input_bytes;
  progress_.first_failure = config_.from.first_failure;
}

/// False when the thread has not ended by the time that the caller gives up.
bool OrderedWriter::Work::wait_for_end(const std::function<bool()>& gives_up) {
  while (!ended_ && !gives_up()) has_ended_.wait(std::chrono::milliseconds(10));
  return ended_;
}

void OrderedWriter::Work::tell_news() {
  std::lock_guard lock(news_mutex_);
  on_news_();
}

void OrderedWriter::Work::abandon() {
  std::lock_guard lock(news_mutex_);
  on_news_ = [] {};
}

WriterProgress OrderedWriter::Work::progress() const {
  std::lock_guard lock(mutex_);
  return progress_;
}

void OrderedWriter::Work::rethrow_if_failed() const {
  std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

void OrderedWriter::Work::run() {
  try {
    if (!open_pipes()) return;
    open_journal();
    while (progress().next_chunk < config_.chunks) {
      const bool closed = queue_.is_closed();  // asked first: no chunk comes after it
      if (auto chunk = next()) {
        place(*std::move(chunk));
        tell_news();
      } else if (closed) {
        return checkpoint(false);
      }
      keep_journal();
    }
    commit();
    tell_news();
  } catch (...) {
    {
      std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
    queue_.close();
    tell_news();
  }
}

/// Nobody may be reading yet. False when the run is over before.
bool OrderedWriter::Work::open_pipes() {
  set_busy(true);
  const auto is_over = [this] { return queue_.is_closed(); };
  const bool open = output_.open_pipe(is_over) && (!errors_ || errors_->open_pipe(is_over));
  set_busy(false);
  return open;
}

void OrderedWriter::Work::open_journal() {
  if (!journal_) return;
  set_busy(true);
  const bool goes_on = config_.from.chunks > 0;
  journal_->begin(config_.run, goes_on ? std::vector{config_.from} : std::vector<Checkpoint>{});
  if (errors_claim_) errors_claim_->begin(claim_record(output_.path()), {});
  if (goes_on) keep_claims();
  set_busy(false);
}

/// What rows are of must stay known, and whose the failed ones are.
void OrderedWriter::Work::keep_claims() {
  if (!journal_) return;
  journal_->check_claim();
  journal_->keep();
  if (!errors_claim_) return;
  errors_claim_->check_claim();
  errors_claim_->keep();
}

/// Returns empty now and then, so that the journal is kept while nothing comes.
std::optional<EncodedChunk> OrderedWriter::Work::next() {
  return journal_ ? queue_.pop_until(Clock::now() + kLongestSleep) : queue_.pop();
}

/// Writes every chunk whose turn has come.
void OrderedWriter::Work::place(EncodedChunk chunk) {
  const auto id = chunk.range.id;
  INFER_ASSERT(waiting_.size() <= config_.window);
  const bool first_time = waiting_.try_emplace(id, std::move(chunk)).second;
  INFER_ASSERT(first_time && id >= progress().next_chunk);
  for (auto next = progress().next_chunk; !waiting_.empty() && waiting_.begin()->first == next; ++next) {
    write(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    keep_journal();
  }
}

void OrderedWriter::Work::write(const EncodedChunk& chunk) {
  const TimedSpan span(lane_, "write", chunk.range.id, chunk.rows);
  const Stopwatch watch;
  if (chunk.range.file != file_) lines_ = 0;
  file_ = chunk.range.file;
  if (chunk.failed > 0 && config_.stop_at_first_failure) {
    throw RunError(stamped(chunk.first_failure, counts_before()) + "; stopped because of --on-error fail",
                   /*may_go_on=*/false);
  }
  set_busy(true);
  const auto failure = stamped(chunk.first_failure, counts_before());
  keep_claims();
  write_text(chunk);
  note_input(chunk.digest);

  std::lock_guard lock(mutex_);
  if (progress_.failed == 0 && chunk.failed > 0) progress_.first_failure = failure;
  if (!progress_.first_row && chunk.rows > 0) progress_.first_row = Clock::now();
  lines_ += chunk.lines;
  ++progress_.next_chunk;
  progress_.waiting_bytes -= text_bytes(chunk);
  progress_.rows += chunk.rows;
  progress_.failed += chunk.failed;
  progress_.input_bytes += chunk.range.end - chunk.range.begin;
  progress_.write_ns += watch.elapsed_ns();
  progress_.busy_since.reset();
}

/// A retry reads but a selection; what the whole is it was told.
void OrderedWriter::Work::note_input(const ChunkDigest& digest) {
  if (splice_) return;
  input_digest_ = joined_digest(input_digest_, digest.range);
  beyond_digest_ = digest.beyond;
}

void OrderedWriter::Work::write_text(const EncodedChunk& chunk) {
  const auto before = counts_before();
  if (splice_) {
    splice_->add(chunk, stamped(chunk.output, before));
  } else {
    if (config_.header && output_.is_empty()) output_.write_start(config_.header(0));
    write_stamped(output_, chunk.output, before);
  }
  if (errors_) write_stamped(*errors_, chunk.errors, before);
}

/// Selected records bring their numbers themselves.
Counts OrderedWriter::Work::counts_before() const {
  return splice_ ? Counts{} : Counts{lines_, progress().rows};
}

/// A checkpoint when one is due.
void OrderedWriter::Work::keep_journal() {
  if (journal_ && (hurry_ || Clock::now() >= next_checkpoint_)) checkpoint(false);
}

/// Syncs the files.
Checkpoint OrderedWriter::Work::checkpoint_now(bool complete) {
  const auto written = progress();
  Checkpoint point{written.next_chunk,
                   written.rows,
                   written.failed,
                   written.input_bytes,
                   file_,
                   lines_,
                   splice_ ? splice_->position() : 0,
                   complete ? records() : 0,
                   input_digest_,
                   beyond_digest_,
                   complete,
                   written.first_failure,
                   {output_.sync()}};
  if (errors_) point.files.push_back(errors_->sync());
  return point;
}

/// The next one is due when this one's time is a small share of what has passed.
void OrderedWriter::Work::checkpoint(bool complete) {
  hurry_ = false;
  const auto next = progress().next_chunk;
  if (!journal_ || (next == kept_chunks_ && !complete)) return;
  set_busy(true);
  const TimedSpan span(lane_, "checkpoint", next);
  const Stopwatch watch;
  const auto point = checkpoint_now(complete);
  journal_->add(point);
  kept_chunks_ = point.chunks;
  const auto pause = std::max(config_.journal_interval,
                              std::min(Seconds(watch.elapsed_s() / kMostTimeForJournal), kLongestInterval));
  next_checkpoint_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(pause);
  set_busy(false);
  std::lock_guard lock(mutex_);
  progress_.journal_ns += watch.elapsed_ns();
}

/// Of the whole input, when all rows are written.
std::uint64_t OrderedWriter::Work::records() const { return splice_ ? splice_->records() : progress().rows; }

void OrderedWriter::Work::finish_rows() {
  if (splice_) {
    splice_->finish();
  } else if (config_.header) {
    output_.write_start(config_.header(progress().rows));
  }
}

void OrderedWriter::Work::commit() {
  INFER_ASSERT(waiting_.empty());
  const TimedSpan span(lane_, "commit");
  set_busy(true);
  finish_rows();
  if (journal_) {
    checkpoint(true);
  } else {
    output_.sync();
    if (errors_) errors_->sync();
  }
  set_busy(true);
  give_names();
  const auto all = records();
  std::lock_guard lock(mutex_);
  progress_.busy_since.reset();
  progress_.records = all;
  progress_.committed = true;
}

/// The output's last: who sees it may use all that belongs to it.
void OrderedWriter::Work::give_names() {
  const auto existing = existing_of(config_.run, false);
  for (const auto* file : {errors_ ? &*errors_ : nullptr, &output_}) {
    if (file == nullptr) continue;
    if (const auto problem = name_problem(file->path(), existing); !problem.empty()) throw RunError(problem);
  }
  if (errors_) errors_->commit(existing);
  output_.commit(existing);
  if (errors_claim_) errors_claim_->remove();
  if (journal_) journal_->finish(output_.path().record());
  journal_.reset();
  errors_claim_.reset();
}

void OrderedWriter::Work::set_busy(bool busy) {
  std::lock_guard lock(mutex_);
  progress_.busy_since = busy ? std::optional(Clock::now()) : std::nullopt;
}

}  // namespace infer
