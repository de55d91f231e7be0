// What the thread that reads a stream has cut, until it is granted, and what it and its owner wait for from
// each other.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "reader/source.hpp"
#include "record/granted_chunk.hpp"

namespace infer {

/// What a stream leaves out, and what of it is compared later.
struct StreamBegin {
  Scored scored;
  std::vector<Scored> ahead;
};

struct StreamSample {
  RawChunk records;
  std::uint64_t chunk_bytes = 0;
};

/// Where a chunk lies that may not be written yet.
struct StreamPlace {
  ChunkRange range;
  std::uint64_t input_end = 0;  ///< bytes of the input, as it lies there, up to the chunk's end
};

/// Thread-safe.
class StreamShelf {
 public:
  /// Holds two chunks, or more of `most_bytes` together.
  explicit StreamShelf(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  // For the reader's thread. All that wait throw StreamStopped once nobody wants more.

  void put_sample(StreamSample sample);
  StreamBegin wait_for_begin();
  /// So many bytes of the input, as it lies there, are not to be granted.
  void tell_behind(std::uint64_t input_bytes);
  /// In order of their ids. Waits while enough lie here.
  void put(GrantedChunk chunk, std::uint64_t input_end);
  void put_end(std::uint64_t chunks);
  void fail(std::exception_ptr reason);
  void warn(std::string text);

  // For the owner.

  void begin(const Scored& scored, std::vector<Scored> ahead);
  void stop();
  /// These two throw what the thread died of before.
  bool wait_for_sample(Seconds limit);
  bool wait_until_behind(Seconds limit);
  /// What wait_for_sample() has seen.
  const StreamSample& sample() const;
  Supply supply() const;
  GrantedChunk take(std::uint64_t id);
  std::optional<StreamPlace> place(std::uint64_t id) const;
  /// Forgets the places of earlier chunks.
  std::uint64_t input_bytes_before(std::uint64_t id);
  void rethrow_if_broken(std::uint64_t written) const;
  std::string take_warning();

 private:
  bool wait_for(Seconds limit, const std::function<bool()>& is_there);

  const std::uint64_t most_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<StreamSample> sample_;
  std::optional<StreamBegin> begin_;
  bool is_behind_ = false;
  std::map<std::uint64_t, GrantedChunk> chunks_;  // by id
  std::uint64_t bytes_ = 0;                       // of these
  std::uint64_t next_id_ = 0;
  std::optional<std::uint64_t> end_;
  std::deque<StreamPlace> places_;  // by id
  std::uint64_t input_bytes_ = 0;   // before these
  std::exception_ptr failure_;
  std::string warning_;
  bool stopped_ = false;
};

}  // namespace infer
