#include "writer/ordered_writer.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr std::chrono::milliseconds kLongestSleep{50};  ///< until a wish to hurry is heard
constexpr double kMostTimeForJournal = 0.05;  ///< share of this thread's time, which it rarely needs
constexpr Seconds kLongestInterval{60};

/// The text with its numbers: physical lines from 1, rows from 0.
std::string stamped(const StampedText& source, const Counts& before) {
  std::string text;
  std::size_t done = 0;
  for (const auto& stamp : source.stamps) {
    text.append(source.text, done, stamp.position - done);
    text += std::to_string(stamp.number + (stamp.counter == Counter::line ? before.lines + 1 : before.rows));
    done = stamp.position;
  }
  return text.append(source.text, done);
}

void write_stamped(OutputFile& file, const StampedText& source, const Counts& before) {
  if (source.stamps.empty()) return file.write(source.text);
  file.write(stamped(source, before));
}

std::uint64_t text_bytes(const EncodedChunk& chunk) {
  return chunk.output.text.size() + chunk.errors.text.size();
}

Segment kept(const Checkpoint& from, std::size_t file) {
  return file < from.files.size() ? from.files[file] : Segment{};
}

}  // namespace

OrderedWriter::OrderedWriter(WriterConfig config, std::unique_ptr<Journal> journal,
                             std::function<void()> on_news, std::unique_ptr<Journal> errors_claim)
    : config_(std::move(config)),
      on_news_(std::move(on_news)),
      lane_(config_.timeline->lane("writer")),
      journal_(std::move(journal)),
      errors_claim_(std::move(errors_claim)),
      output_(config_.files.output, kept(config_.from, 0)),
      file_(config_.from.file),
      lines_(config_.from.lines),
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
  thread_ = std::jthread([this] { work(); });
}

OrderedWriter::~OrderedWriter() { queue_.close(); }

void OrderedWriter::submit(EncodedChunk chunk) {
  INFER_ASSERT(chunk.range.id < config_.chunks);
  {
    std::lock_guard lock(mutex_);
    progress_.waiting_bytes += text_bytes(chunk);
  }
  queue_.push(std::move(chunk));
}

WriterProgress OrderedWriter::progress() const {
  std::lock_guard lock(mutex_);
  return progress_;
}

void OrderedWriter::rethrow_if_failed() const {
  std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

void OrderedWriter::work() {
  try {
    open_journal();
    while (progress().next_chunk < config_.chunks) {
      const bool closed = queue_.is_closed();  // asked first: no chunk comes after it
      if (auto chunk = next()) {
        place(*std::move(chunk));
        on_news_();
      } else if (closed) {
        return checkpoint(false);
      }
      keep_journal();
    }
    commit();
    on_news_();
  } catch (...) {
    {
      std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
    queue_.close();
    on_news_();
  }
}

void OrderedWriter::open_journal() {
  if (!journal_) return;
  set_busy(true);
  const bool goes_on = config_.from.chunks > 0;
  journal_->begin(config_.run, goes_on ? std::vector{config_.from} : std::vector<Checkpoint>{});
  if (errors_claim_) errors_claim_->begin(claim_record(output_.path()), {});
  if (goes_on) keep_claims();
  set_busy(false);
}

/// What rows are of must stay known, and whose the failed ones are.
void OrderedWriter::keep_claims() {
  if (!journal_) return;
  journal_->check_claim();
  journal_->keep();
  if (!errors_claim_) return;
  errors_claim_->check_claim();
  errors_claim_->keep();
}

/// Returns empty now and then, so that the journal is kept while nothing comes.
std::optional<EncodedChunk> OrderedWriter::next() {
  return journal_ ? queue_.pop_until(Clock::now() + kLongestSleep) : queue_.pop();
}

/// Writes every chunk whose turn has come.
void OrderedWriter::place(EncodedChunk chunk) {
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

void OrderedWriter::write(const EncodedChunk& chunk) {
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

void OrderedWriter::write_text(const EncodedChunk& chunk) {
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
Counts OrderedWriter::counts_before() const { return splice_ ? Counts{} : Counts{lines_, progress().rows}; }

/// A checkpoint when one is due.
void OrderedWriter::keep_journal() {
  if (journal_ && (hurry_ || Clock::now() >= next_checkpoint_)) checkpoint(false);
}

/// Syncs the files.
Checkpoint OrderedWriter::checkpoint_now(bool complete) {
  const auto written = progress();
  Checkpoint point{written.next_chunk,
                   written.rows,
                   written.failed,
                   written.input_bytes,
                   file_,
                   lines_,
                   splice_ ? splice_->position() : 0,
                   complete,
                   written.first_failure,
                   {output_.sync()}};
  if (errors_) point.files.push_back(errors_->sync());
  return point;
}

/// The next one is due when this one's time is a small share of what has passed.
void OrderedWriter::checkpoint(bool complete) {
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

/// Returns the records of the whole input.
std::uint64_t OrderedWriter::finish_rows() {
  if (!splice_) {
    const auto rows = progress().rows;
    if (config_.header) output_.write_start(config_.header(rows));
    return rows;
  }
  splice_->finish();
  return splice_->records();
}

void OrderedWriter::commit() {
  INFER_ASSERT(waiting_.empty());
  const TimedSpan span(lane_, "commit");
  set_busy(true);
  const auto records = finish_rows();
  if (journal_) {
    checkpoint(true);
  } else {
    output_.sync();
    if (errors_) errors_->sync();
  }
  give_names();
  std::lock_guard lock(mutex_);
  progress_.busy_since.reset();
  progress_.records = records;
  progress_.committed = true;
}

/// The output's last: who sees it may use all that belongs to it.
void OrderedWriter::give_names() {
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

void OrderedWriter::set_busy(bool busy) {
  std::lock_guard lock(mutex_);
  progress_.busy_since = busy ? std::optional(Clock::now()) : std::nullopt;
}

void OrderedWriter::finish() {
  stop();
  INFER_ASSERT(progress_.committed);
}

void OrderedWriter::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
  rethrow_if_failed();
}

}  // namespace infer
