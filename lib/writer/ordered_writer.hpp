// Puts chunks back into input order and writes them while the run goes on, so that what is written survives.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/timeline.hpp"
#include "record/encoded_chunk.hpp"
#include "writer/journal/journal.hpp"
#include "writer/journal/output_start.hpp"
#include "writer/output_form.hpp"
#include "writer/parts/parts_record.hpp"
#include "writer/splice/retry_config.hpp"
#include "writer/writer_progress.hpp"

namespace infer {

struct WriterConfig {
  OutputNames files;
  bool stop_at_first_failure = false;
  std::optional<std::uint64_t> chunks{};  ///< ids 0 ... chunks - 1 are all; empty: end_at() tells later
  std::size_t window = 0;          ///< chunks that may wait for an earlier one; more is a bug of the caller
  bool leaves_out_failed = false;  ///< failed records have no row
  OutputForm form{};               ///< what stands around the output's rows
  std::optional<RetryConfig> retry{};  ///< the chunks are those of a selection of records
  std::optional<PartsConfig> parts{};  ///< the ranks write the rows; the output is the parts' manifest
  RunRecord run{};                     ///< for the journal; its `replace` says what gives way to the files
  Checkpoint from{};                   ///< what is on disk already
  Seconds journal_interval{1};         ///< between checkpoints; longer where they take long
  std::shared_ptr<Timeline> timeline = std::make_shared<Timeline>();  ///< never null
};

/// Owns one thread, which commits the files after the last chunk: that may take long, and nobody's main
/// thread should wait for a disk. Its public functions are thread-safe.
class OrderedWriter {
 public:
  /// Creates the files, or goes on after `config.from`; throws UsageError. A pipe is opened by the thread,
  /// once somebody reads it. Without a journal nothing can be taken up again. `on_news` is called from the
  /// thread after each write. `errors_claim` is given up with the journal.
  OrderedWriter(WriterConfig config, std::unique_ptr<Journal> journal, std::function<void()> on_news,
                std::unique_ptr<Journal> errors_claim = nullptr);
  OrderedWriter(const OrderedWriter&) = delete;
  OrderedWriter& operator=(const OrderedWriter&) = delete;
  /// Like stop(), but tells no error, and waits a little only: a thread that hangs, on a pipe that nobody
  /// reads or a dead disk, is left behind with all it needs. The process is then about to end.
  ~OrderedWriter();

  /// Never blocks while the caller keeps to the window.
  void submit(EncodedChunk chunk);

  /// The output is whole with so many chunks. The same every time.
  void end_at(std::uint64_t chunks);

  /// With parts: those that their ranks can finish, since the last call; and one that is finished.
  std::vector<PartOrder> take_orders();
  void finished(const FinishedPart& part);

  WriterProgress progress() const;
  WrittenAccount account() const;

  /// Whether there is a journal, from which another run can go on.
  bool can_resume() const { return can_resume_; }

  /// Asks for a checkpoint now: the process may have little time left.
  void hurry();

  /// Throws what the thread died of: RunError for a failed write, and for the first failed record when
  /// stop_at_first_failure is set.
  void rethrow_if_failed() const;

  /// Waits for the thread. Throws what it died of, or InternalError when chunks are missing.
  void finish();

  /// Writes what has come in order and ends with a checkpoint. Throws what the thread died of. False when one
  /// write or sync takes longer than `limit`: the thread is then left where it is.
  bool stop(Seconds limit = Seconds::max());

 private:
  struct Work;

  const bool can_resume_;
  std::shared_ptr<Work> work_;
  std::jthread thread_;
};

}  // namespace infer
