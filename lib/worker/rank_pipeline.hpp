// One rank's stages and their threads: from granted chunks to finished ones.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/timeline.hpp"
#include "model/model.hpp"
#include "reader/input_file.hpp"
#include "record/encoded_chunk.hpp"
#include "record/granted_chunk.hpp"
#include "worker/activity.hpp"
#include "worker/scoring_config.hpp"
#include "worker/stage_threads.hpp"

namespace infer {

struct PipelineConfig {
  std::vector<InputFile> files;  ///< of which chunks are read
  std::size_t max_record_bytes = 0;
  std::vector<ScoringConfig> scorings = std::vector<ScoringConfig>(1);  ///< one for each output
  int pool_threads = 1;                                                 ///< decode and encode
  std::size_t elsewhere = 0;  ///< chunks that may be in a model's stages on other ranks
  std::size_t max_held = 8;   ///< chunks granted and not yet taken; more is a bug of the caller
  bool serialize = false;     ///< finished chunks are wanted as messages, not as they are
  std::shared_ptr<Timeline> timeline = std::make_shared<Timeline>();  ///< never null
};

/// Granted chunks that may wait for the model: one under way in each thread before it, one decoded, one read,
/// and those that other ranks have.
inline std::uint64_t backlog_limit(const PipelineConfig& config) {
  return static_cast<std::uint64_t>(config.pool_threads) + 3 + config.elsewhere;
}

struct FinishedChunk {
  std::uint64_t id = 0;
  std::uint64_t bytes = 0;            ///< of the message, or of the texts
  std::vector<EncodedChunk> outputs;  ///< unless serialized: one for each output that wants the chunk
  Bytes message;                      ///< when serialized: these, one after the other
};

/// As a message, or not.
FinishedChunk finished_chunk(std::vector<EncodedChunk> outputs, bool serialize);

/// Those that run a scoring's batches, a thread each: the same model several times when it allows that.
using ScoringModels = std::vector<std::shared_ptr<Model>>;

/// Main thread only; its threads are its own. The queues can hold all granted chunks, so no stage ever
/// blocks on the next one: what bounds the memory is max_held.
class RankPipeline {
 public:
  /// `models`: of each scoring; as many for those whose models run in the same threads. `on_news` is called
  /// from any thread when something is finished or has failed.
  RankPipeline(PipelineConfig config, std::vector<ScoringModels> models, std::function<void()> on_news);
  RankPipeline(const RankPipeline&) = delete;
  RankPipeline& operator=(const RankPipeline&) = delete;
  /// Drops what is under way. Waits a little for the threads; one that hangs, in the model or on a file, is
  /// left behind with all it needs: the process is then about to end.
  ~RankPipeline();

  void grant(GrantedChunk chunk);

  /// Finished chunks since the last call. Throws what a stage died of.
  std::vector<FinishedChunk> take_finished();

  /// Chunks through all models so far.
  std::uint64_t predicted() const;

  /// The step under way that has taken longest so far.
  std::optional<Activity> slowest() const;

 private:
  struct Stages;

  void start_threads();

  std::shared_ptr<Stages> stages_;
  StageThreads threads_;
};

}  // namespace infer
