// What the writer's thread does: puts chunks into order, writes them, keeps the journal, commits. Internal to
// OrderedWriter.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/bounded_queue.hpp"
#include "base/clock.hpp"
#include "base/doorbell.hpp"
#include "base/timeline.hpp"
#include "record/encoded_chunk.hpp"
#include "writer/journal.hpp"
#include "writer/ordered_writer.hpp"
#include "writer/output_file.hpp"
#include "writer/row_splice.hpp"
#include "writer/stamped.hpp"

namespace infer {

/// What the thread works on. Outlives the writer when the thread hangs.
struct OrderedWriter::Work {
  Work(WriterConfig its_config, std::unique_ptr<Journal> its_journal, std::function<void()> news,
       std::unique_ptr<Journal> its_errors_claim);

  void run();
  bool open_pipes();
  void open_journal();
  std::optional<EncodedChunk> next();
  void place(EncodedChunk chunk);
  void write(const EncodedChunk& chunk);
  void write_text(const EncodedChunk& chunk);
  void note_input(const ChunkDigest& digest);
  void keep_claims();
  Counts counts_before() const;
  void finish_rows();
  std::uint64_t records() const;
  void keep_journal();
  void checkpoint(bool complete);
  Checkpoint checkpoint_now(bool complete);
  void commit();
  void give_names();
  void set_busy(bool busy);
  WriterProgress progress() const;
  void rethrow_if_failed() const;
  void tell_news();
  void abandon();
  bool wait_for_end(const std::function<bool()>& gives_up);

  const WriterConfig config_;
  std::function<void()> on_news_;  // guarded by the next
  std::mutex news_mutex_;
  Timeline::Lane& lane_;
  // From here to the mutex: the writer thread's own.
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Journal> errors_claim_;
  OutputFile output_;
  std::optional<OutputFile> errors_;
  std::optional<RowSplice> splice_;  ///< for config_.retry
  std::map<std::uint64_t, EncodedChunk> waiting_;
  std::uint32_t file_ = 0;           // of the last written chunk
  std::uint64_t lines_ = 0;          // of that file, so far
  std::uint64_t input_digest_ = 0;   // as in Checkpoint
  std::uint64_t beyond_digest_ = 0;  // likewise
  std::uint64_t kept_chunks_ = 0;    // of the last checkpoint
  Clock::time_point next_checkpoint_;
  mutable std::mutex mutex_;  // guards progress_ and failure_
  WriterProgress progress_;
  std::exception_ptr failure_;
  std::atomic<bool> hurry_{false};
  std::atomic<bool> ended_{false};
  Doorbell has_ended_;
  BoundedQueue<EncodedChunk> queue_;
};

/// What a chunk takes in memory while it waits.
std::uint64_t text_bytes(const EncodedChunk& chunk);

}  // namespace infer
