// What rank 0 counts and measures while the run is on, for whoever watches it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "record/encoded_chunk.hpp"
#include "report/run_account.hpp"
#include "start/observer.hpp"
#include "start/setup.hpp"
#include "writer/ordered_writer.hpp"

namespace infer {

class RunReport {
 public:
  /// Of one output. Keeps a reference to its configuration, and to the source.
  RunReport(const RunSetup& setup, const OutputSetup& output, const RunHeader& header, std::size_t ranks);

  void add_chunk(std::size_t rank, const EncodedChunk& chunk);
  void add_gather(double seconds);

  RunProgress progress(const WriterProgress& written) const;
  /// Rows that this run has scored, and not an earlier one.
  std::uint64_t scored() const;
  RunSummary summary(const WriterProgress& written) const;
  /// All of it, as it is now; with the gates once the output is committed.
  RunAccount account(const WriterProgress& written, const WrittenAccount& told) const;

 private:
  Session session(const WriterProgress& written) const;
  std::vector<Gate> gates(const WriterProgress& written, const RunAccount& account) const;

  const RunConfig& config_;
  Source& source_;
  std::uint64_t resumed_bytes_;
  Stopwatch since_start_;
  RunSummary summary_;
  std::uint64_t tokens_ = 0;  // of all ranks
  RunAccount account_;        ///< what of it is added up along the way
};

/// What the gates that a run did not pass have to say.
std::string reasons(const std::vector<Gate>& gates);

}  // namespace infer
