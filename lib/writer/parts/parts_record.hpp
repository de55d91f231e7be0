// What rank 0's writer does where the ranks write the rows themselves: it says which part can be finished,
// and adds those that are to the manifest.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "record/part.hpp"
#include "writer/output_form.hpp"
#include "writer/parts/manifest.hpp"
#include "writer/parts/part_ledger.hpp"
#include "writer/parts/part_names.hpp"
#include "writer/row_target.hpp"

namespace infer {

struct PartsConfig {
  PartNames names;
  std::uint64_t chunks = 1;  ///< of a part
  OutputForm form{};
  bool leaves_out = false;  ///< failed records have no row
  ManifestHead head;
  std::vector<std::string> inputs;  ///< names, by ChunkRange::file
  ManifestSum sum;                  ///< of parts that an earlier run has finished
};

/// The writer's thread's own, but for take_orders().
class PartsRecord {
 public:
  /// Goes on behind `from`. Keeps references to the first and the last; what cannot be written throws
  /// RunError.
  PartsRecord(const PartsConfig& config, const Checkpoint& from, RowTarget& manifest);

  /// The next chunk, its errors written, with what there was before it and is behind it.
  void add(const EncodedChunk& chunk, const Checkpoint& before, const Checkpoint& behind);
  /// No chunk comes behind the last one.
  void end(const Checkpoint& behind);
  void finished(const FinishedPart& part);

  /// The end of the last part that is finished as are all before it: where another run goes on. Of the files
  /// it says what is in the errors file.
  const Checkpoint& kept() const { return kept_; }
  /// Nothing that was added is missing there.
  bool is_settled() const { return ledger_.is_settled(); }
  /// The rest of the manifest. An input without a chunk has one part without a row.
  void finish();
  /// Removes what a finished folder had before. Throws RunError.
  void remove_replaced() const;

  /// Parts that can be finished, since the last call. Thread-safe.
  std::vector<PartOrder> take_orders();

 private:
  void close(const Checkpoint& behind);
  void write_line(std::uint64_t number, ManifestPart part);
  void write_empty_part();

  const PartsConfig& config_;
  RowTarget& manifest_;
  PartLedger ledger_;
  Checkpoint kept_;
  ManifestSum sum_;
  bool has_begun_;
  std::mutex mutex_;  // of the next
  std::vector<PartOrder> orders_;
};

}  // namespace infer
