// Puts chunks back into input order and writes them while the run goes on, so that what is written survives.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/clock.hpp"
#include "base/timeline.hpp"
#include "record/encoded_chunk.hpp"
#include "writer/journal.hpp"
#include "writer/output_file.hpp"
#include "writer/output_start.hpp"
#include "writer/row_splice.hpp"

namespace infer {

struct WriterConfig {
  OutputNames files;
  bool stop_at_first_failure = false;
  std::uint64_t chunks = 0;  ///< ids 0 ... chunks - 1 make the whole output
  std::size_t window = 0;    ///< chunks that may wait for an earlier one; more is a bug of the caller
  /// What stands before the rows of the output, for so many rows: always of one size, so that it is written
  /// first and again when their number is known. Empty: nothing.
  std::function<std::string(std::uint64_t rows)> header{};
  std::optional<RetryConfig> retry{};  ///< the chunks are those of a selection of records
  RunRecord run{};                     ///< for the journal; its `replace` says what gives way to the files
  Checkpoint from{};                   ///< what is on disk already
  Seconds journal_interval{1};         ///< between checkpoints; longer where they take long
  std::shared_ptr<Timeline> timeline = std::make_shared<Timeline>();  ///< never null
};

/// Of the chunks before one.
struct Counts {
  std::uint64_t lines = 0;  ///< of its file
  std::uint64_t rows = 0;   ///< of the input
};

/// What is written so far.
struct WriterProgress {
  std::uint64_t next_chunk = 0;     ///< the oldest chunk not written
  std::uint64_t waiting_bytes = 0;  ///< handed over, but not written
  std::uint64_t rows = 0;           ///< scored
  std::uint64_t records = 0;        ///< of the whole input, once committed
  std::uint64_t failed = 0;
  std::uint64_t input_bytes = 0;  ///< end of the written chunks' ranges, over all files
  std::uint64_t write_ns = 0;
  std::uint64_t journal_ns = 0;
  std::string first_failure;  ///< "data.jsonl:12: ..."
  std::optional<Clock::time_point> first_row;
  std::optional<Clock::time_point> busy_since;  ///< of the write, sync or commit under way
  bool committed = false;                       ///< all is written, synced and under its own name
};

/// Owns one thread, which commits the files after the last chunk: that may take long, and nobody's main
/// thread should wait for a disk. Its public functions are thread-safe.
class OrderedWriter {
 public:
  /// Creates the files, or goes on after `config.from`; throws UsageError. Without a journal nothing can be
  /// taken up again. `on_news` is called from the thread after each write. `errors_claim` is given up with
  /// the journal.
  OrderedWriter(WriterConfig config, std::unique_ptr<Journal> journal, std::function<void()> on_news,
                std::unique_ptr<Journal> errors_claim = nullptr);
  OrderedWriter(const OrderedWriter&) = delete;
  OrderedWriter& operator=(const OrderedWriter&) = delete;
  /// Like stop(), but tells no error.
  ~OrderedWriter();

  /// Never blocks while the caller keeps to the window.
  void submit(EncodedChunk chunk);

  WriterProgress progress() const;

  /// Asks for a checkpoint now: the process may have little time left.
  void hurry() { hurry_ = true; }

  /// Throws what the thread died of: RunError for a failed write, and for the first failed record when
  /// stop_at_first_failure is set.
  void rethrow_if_failed() const;

  /// Waits for the thread. Throws what it died of, or InternalError when chunks are missing.
  void finish();

  /// Writes what has come in order and ends with a checkpoint. Throws what the thread died of.
  void stop();

 private:
  void work();
  void open_journal();
  std::optional<EncodedChunk> next();
  void place(EncodedChunk chunk);
  void write(const EncodedChunk& chunk);
  void write_text(const EncodedChunk& chunk);
  void keep_claims();
  Counts counts_before() const;
  std::uint64_t finish_rows();
  void keep_journal();
  void checkpoint(bool complete);
  Checkpoint checkpoint_now(bool complete);
  void commit();
  void give_names();
  void set_busy(bool busy);

  const WriterConfig config_;
  const std::function<void()> on_news_;
  Timeline::Lane& lane_;
  // From here to the mutex: the writer thread's own.
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Journal> errors_claim_;
  OutputFile output_;
  std::optional<OutputFile> errors_;
  std::optional<RowSplice> splice_;  ///< for config_.retry
  std::map<std::uint64_t, EncodedChunk> waiting_;
  std::uint32_t file_ = 0;         // of the last written chunk
  std::uint64_t lines_ = 0;        // of that file, so far
  std::uint64_t kept_chunks_ = 0;  // of the last checkpoint
  Clock::time_point next_checkpoint_;
  mutable std::mutex mutex_;  // guards progress_ and failure_
  WriterProgress progress_;
  std::exception_ptr failure_;
  std::atomic<bool> hurry_{false};
  BoundedQueue<EncodedChunk> queue_;
  std::jthread thread_;
};

}  // namespace infer
