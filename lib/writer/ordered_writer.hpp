// Puts chunks back into input order and writes them while the run goes on.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/clock.hpp"
#include "record/encoded_chunk.hpp"
#include "writer/output_file.hpp"

namespace infer {

struct WriterConfig {
  std::string output = "-";
  std::optional<std::string> errors;  ///< --errors FILE
  bool stop_at_first_failure = false;
  std::uint64_t chunks = 0;  ///< ids 0 ... chunks - 1 make the whole output
  std::size_t window = 0;    ///< chunks that may wait for an earlier one; more is a bug of the caller
  /// What stands before the rows of the output, for so many rows: always of one size, so that it is written
  /// first and again when their number is known. Empty: nothing.
  std::function<std::string(std::uint64_t rows)> header{};
};

/// What is written so far.
struct WriterProgress {
  std::uint64_t next_chunk = 0;     ///< the oldest chunk not written
  std::uint64_t waiting_bytes = 0;  ///< handed over, but not written
  std::uint64_t rows = 0;
  std::uint64_t failed = 0;
  std::uint64_t input_bytes = 0;  ///< end of the written chunks' ranges, over all files
  std::uint64_t write_ns = 0;
  std::string first_failure;  ///< "data.jsonl:12: ..."
  std::optional<Clock::time_point> first_row;
  bool committed = false;  ///< all is written, synced and under its own name
};

/// Owns one thread, which commits the files after the last chunk: that may take long, and nobody's main
/// thread should wait for a disk. Its public functions are thread-safe.
class OrderedWriter {
 public:
  /// Creates the files; throws UsageError. `on_news` is called from the thread after each write.
  OrderedWriter(WriterConfig config, std::function<void()> on_news);
  OrderedWriter(const OrderedWriter&) = delete;
  OrderedWriter& operator=(const OrderedWriter&) = delete;
  ~OrderedWriter();

  /// Never blocks while the caller keeps to the window.
  void submit(EncodedChunk chunk);

  WriterProgress progress() const;

  /// Throws what the thread died of: RunError for a failed write, and for the first failed record when
  /// stop_at_first_failure is set.
  void rethrow_if_failed() const;

  /// Waits for the thread. Throws what it died of, or InternalError when chunks are missing.
  void finish();

 private:
  void work();
  void place(EncodedChunk chunk);
  void write(const EncodedChunk& chunk);
  void commit();

  const WriterConfig config_;
  const std::function<void()> on_news_;
  OutputFile output_;
  std::optional<OutputFile> errors_;
  std::map<std::uint64_t, EncodedChunk> waiting_;  // the writer thread's own
  std::uint32_t file_ = 0;                         // of the last written chunk
  std::uint64_t lines_ = 0;                        // of that file, so far
  mutable std::mutex mutex_;                       // guards progress_ and failure_
  WriterProgress progress_;
  std::exception_ptr failure_;
  BoundedQueue<EncodedChunk> queue_;
  std::jthread thread_;
};

}  // namespace infer
