// A rank's own output: the parts that it works on, written by threads while the run goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/timeline.hpp"
#include "record/encoded_chunk.hpp"
#include "record/part.hpp"
#include "writer/output_form.hpp"
#include "writer/parts/part_names.hpp"

namespace infer {

struct PartWriterConfig {
  PartNames names;
  std::uint64_t chunks = 1;  ///< of a part; only the last one may have fewer
  OutputForm form{};
  std::size_t max_waiting =
      64;  ///< chunks and orders handed over and not yet done; more is a bug of the caller
  std::shared_ptr<Timeline> timeline = std::make_shared<Timeline>();  ///< never null
};

/// Owns some threads: one writes, the others finish what is whole. Its public functions are thread-safe.
class PartWriter {
 public:
  /// What the threads have done.
  struct News {
    std::vector<EncodedChunk> chunks;  ///< in their part's file; what is left of them
    std::vector<FinishedPart> parts;
  };
  /// A chunk that is being written, or the first of a part that is being finished.
  struct Step {
    std::uint64_t chunk = 0;
    Clock::time_point since;
  };

  /// `on_news` is called from the threads.
  PartWriter(PartWriterConfig config, std::function<void()> on_news);
  PartWriter(const PartWriter&) = delete;
  PartWriter& operator=(const PartWriter&) = delete;
  /// Drops what is not written. Waits a little: threads that hang on a dead disk are left behind with all
  /// they need. The process is then about to end.
  ~PartWriter();

  /// In any order, but no chunk of a part before the first one that this rank has of it. Never blocks while
  /// the caller keeps to max_waiting.
  void submit(EncodedChunk chunk);
  /// Likewise, once all chunks of the part came back by take_news().
  void finish(const PartOrder& order);

  /// Since the last call. Throws what a thread died of.
  News take_news();
  /// The step under way, or the oldest one.
  std::optional<Step> step() const;

 private:
  struct Work;

  std::shared_ptr<Work> work_;
  std::jthread writing_;
  std::vector<std::jthread> finishing_;
};

}  // namespace infer
