// An input of which not all can be read at any place: rank 0 reads it from its begin to its end, on a thread
// of its own, and its lines travel with the grants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/pause_watch.hpp"
#include "reader/source.hpp"
#include "reader/stream/stream_config.hpp"

namespace infer {

/// Main thread only; its thread is its own. A chunk is cut where a plain file with the same lines would be,
/// and earlier only where a pipe gives no more for a while. Holds what was cut ahead, a few chunks.
class StreamSource final : public Source {
 public:
  explicit StreamSource(StreamConfig config);
  StreamSource(const StreamSource&) = delete;
  StreamSource& operator=(const StreamSource&) = delete;
  /// Waits a little for the thread; one that hangs in a read is left behind with all it needs.
  ~StreamSource() override;

  const std::vector<InputFile>& files() const override;
  /// Known once wait_for_records() has said so.
  std::uint64_t chunk_bytes() const override;
  bool wait_for_records(Seconds limit) override;
  RawChunk first_records(std::size_t max_record_bytes) override;
  void go_on_behind(const Scored& scored, std::vector<Scored> ahead) override;
  bool wait_until_behind(Seconds limit) override;

  /// Throws RunError when a read takes too long.
  Supply supply() override;
  GrantedChunk grant(std::uint64_t id) override;
  /// Those on disk; empty with a pipe.
  std::optional<std::uint64_t> input_bytes() const override;
  std::uint64_t input_bytes_before(std::uint64_t id, std::uint64_t range_bytes) override;
  std::string place(std::uint64_t id) const override;
  void rethrow_if_broken(std::uint64_t written) override;
  std::string take_warning() override;

 private:
  struct Work;

  std::shared_ptr<Work> work_;
  PauseWatch pause_;
  std::thread thread_;
};

}  // namespace infer
