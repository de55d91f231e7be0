// What rank 0 counts and measures while the run is on, for whoever watches it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "record/encoded_chunk.hpp"
#include "start/observer.hpp"
#include "start/setup.hpp"
#include "writer/ordered_writer.hpp"

namespace infer {

class RunReport {
 public:
  /// Keeps a reference to the source as well.
  RunReport(const RunConfig& config, const RunSetup& setup, std::size_t ranks);

  void add_chunk(std::size_t rank, const EncodedChunk& chunk);
  void add_gather(double seconds);

  RunProgress progress(const WriterProgress& written) const;
  /// Rows that this run has scored, and not an earlier one.
  std::uint64_t scored() const;
  RunSummary summary(const WriterProgress& written) const;

 private:
  const RunConfig& config_;
  Source& source_;
  std::uint64_t resumed_bytes_;
  Stopwatch since_start_;
  RunSummary summary_;
  std::uint64_t tokens_ = 0;  // of all ranks
};

}  // namespace infer
