#include "writer/ordered_writer.hpp"

#include <utility>

#include "base/error.hpp"

namespace infer {
namespace {

/// The text with physical line numbers (from 1) at its stamps.
std::string stamped(const StampedText& source, std::uint64_t lines_before) {
  std::string text;
  std::size_t done = 0;
  for (const auto& stamp : source.stamps) {
    text.append(source.text, done, stamp.position - done);
    text += std::to_string(lines_before + stamp.line + 1);
    done = stamp.position;
  }
  return text.append(source.text, done);
}

void write_stamped(OutputFile& file, const StampedText& source, std::uint64_t lines_before) {
  if (source.stamps.empty()) return file.write(source.text);
  file.write(stamped(source, lines_before));
}

std::uint64_t text_bytes(const EncodedChunk& chunk) {
  return chunk.output.text.size() + chunk.errors.text.size();
}

}  // namespace

OrderedWriter::OrderedWriter(WriterConfig config, std::function<void()> on_news)
    : config_(std::move(config)),
      on_news_(std::move(on_news)),
      output_(config_.output),
      queue_(config_.window + 1) {
  if (config_.errors) errors_.emplace(*config_.errors);
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
    if (config_.header) output_.write(config_.header(0));
    while (progress().next_chunk < config_.chunks) {
      auto chunk = queue_.pop();
      if (!chunk) return;
      place(*std::move(chunk));
      on_news_();
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

/// Writes every chunk whose turn has come.
void OrderedWriter::place(EncodedChunk chunk) {
  const auto id = chunk.range.id;
  INFER_ASSERT(waiting_.size() <= config_.window);
  const bool first_time = waiting_.try_emplace(id, std::move(chunk)).second;
  INFER_ASSERT(first_time && id >= progress().next_chunk);
  for (auto next = progress().next_chunk; !waiting_.empty() && waiting_.begin()->first == next; ++next) {
    write(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
}

void OrderedWriter::write(const EncodedChunk& chunk) {
  const Stopwatch watch;
  if (chunk.range.file != file_) lines_ = 0;
  file_ = chunk.range.file;
  if (chunk.failed > 0 && config_.stop_at_first_failure) {
    throw RunError(stamped(chunk.first_failure, lines_) + "; stopped because of --on-error fail");
  }
  write_stamped(output_, chunk.output, lines_);
  if (errors_) write_stamped(*errors_, chunk.errors, lines_);

  std::lock_guard lock(mutex_);
  if (progress_.failed == 0 && chunk.failed > 0)
    progress_.first_failure = stamped(chunk.first_failure, lines_);
  if (!progress_.first_row && chunk.rows > 0) progress_.first_row = Clock::now();
  lines_ += chunk.lines;
  ++progress_.next_chunk;
  progress_.waiting_bytes -= text_bytes(chunk);
  progress_.rows += chunk.rows;
  progress_.failed += chunk.failed;
  progress_.input_bytes += chunk.range.end - chunk.range.begin;
  progress_.write_ns += watch.elapsed_ns();
}

void OrderedWriter::commit() {
  INFER_ASSERT(waiting_.empty());
  if (config_.header) output_.rewrite_start(config_.header(progress().rows));
  output_.commit();
  if (errors_) errors_->commit();
  std::lock_guard lock(mutex_);
  progress_.committed = true;
}

void OrderedWriter::finish() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
  rethrow_if_failed();
  INFER_ASSERT(progress_.committed);
}

}  // namespace infer
