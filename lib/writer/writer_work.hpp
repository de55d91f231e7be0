// What the writer's thread does: puts chunks into order, writes them, keeps the journal, commits. Internal to
// OrderedWriter.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <variant>

#include "base/bounded_queue.hpp"
#include "base/timeline.hpp"
#include "record/encoded_chunk.hpp"
#include "writer/checkpoint_schedule.hpp"
#include "writer/chunk_order.hpp"
#include "writer/ordered_writer.hpp"
#include "writer/parts/parts_record.hpp"
#include "writer/row_target.hpp"
#include "writer/run_journal.hpp"
#include "writer/writer_status.hpp"
#include "writer/written_chunks.hpp"

namespace infer {

/// What comes to the thread.
using WriterNews = std::variant<EncodedChunk, FinishedPart>;

/// What the thread works on. Outlives the writer when the thread hangs.
struct OrderedWriter::Work {
  static constexpr auto kOpen = std::numeric_limits<std::uint64_t>::max();

  Work(WriterConfig its_config, std::unique_ptr<Journal> journal, std::function<void()> on_news,
       std::unique_ptr<Journal> errors_claim);

  void run();
  bool open_pipes();
  void begin_journal();
  bool is_at_end();
  std::optional<WriterNews> next();
  void take(EncodedChunk chunk);
  void take(const FinishedPart& part);
  bool write_next();
  void account_for(const EncodedChunk& chunk);
  void refuse_failure(const EncodedChunk& chunk) const;
  void keep_journal();
  void checkpoint(bool complete);
  const Checkpoint& kept() const { return parts_ ? parts_->kept() : written_.kept(); }
  Checkpoint checkpoint_now(bool complete);
  void commit();

  // The first four are for all threads, the others the writer thread's own.
  const WriterConfig config_;
  std::atomic<std::uint64_t> end_;  // as WriterConfig::chunks; kOpen: not known
  WriterStatus status_;
  BoundedQueue<WriterNews> queue_;
  Timeline::Lane& lane_;
  RunJournal journal_;  // the lock on the files of the next
  RowTarget target_;
  CheckpointSchedule schedule_;
  Stopwatch since_start_;
  ChunkOrder order_;
  WrittenChunks written_;
  std::optional<PartsRecord> parts_;
};

}  // namespace infer
