// The work of the thread that reads a stream: the first records, what is to be left out, and then chunk after
// chunk.
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "base/digest.hpp"
#include "reader/stream/scored_ahead.hpp"
#include "reader/stream/stream_config.hpp"
#include "reader/stream/stream_shelf.hpp"
#include "reader/stream/stream_watch.hpp"
#include "reader/stream/streamed_file.hpp"

namespace infer {

/// One thread's own. Keeps references to all that it is given.
class StreamReading {
 public:
  StreamReading(const StreamConfig& config, StreamShelf& shelf, StreamWatch& watch)
      : config_(config), shelf_(shelf), watch_(watch) {}

  /// Puts all on the shelf, what it fails of as well.
  void run();

 private:
  void take_sample();
  RawChunk sample_of(const StreamedFile& file, std::string_view text) const;
  std::uint64_t chunk_bytes_for_sample(const StreamedFile& file, std::string_view text,
                                       std::size_t records) const;
  void leave_out(const Scored& scored);
  void require_end();
  void read_rest(const Scored& scored, ScoredAhead& ahead);
  void read_selected(std::uint64_t first_chunk);
  std::optional<CutLines> cut_next(StreamedFile& file, std::uint64_t id, std::uint64_t bytes,
                                   const Scored* ahead);
  void put(const StreamedFile& file, ChunkRange range, ChunkSelection selection, CutLines cut);
  StreamedFile* current();
  StreamedFile& open_next();
  void close_current();
  void warn_of_left_out();

  const StreamConfig& config_;
  StreamShelf& shelf_;
  StreamWatch& watch_;
  Digest digest_;  // of all that has left the streams, with a mark before each file
  std::deque<std::unique_ptr<StreamedFile>> open_;
  std::uint32_t next_file_ = 0;
  std::uint64_t marked_files_ = 0;
  std::uint64_t closed_bytes_ = 0;  // of the files behind, as they lie there
  std::uint64_t chunk_bytes_ = 0;
  TarLeftOut left_out_;  // of the tars behind
};

}  // namespace infer
