// Finds records whose rows need not be scored: another record of the chunk has the same, or an earlier output
// has it. Internal to the decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "decoder/input_fields.hpp"
#include "decoder/reuse/row_reuse.hpp"
#include "record/decoded_chunk.hpp"
#include "row_key/key_digest.hpp"

namespace infer::detail {

/// Thread-compatible.
class KnownRows {
 public:
  explicit KnownRows(const RowReuse& reuse);

  void begin_chunk(std::size_t records);

  /// Of the record under way, after InputFields::fetch(): gives the row its key, where keys are wanted, and
  /// what is known of it. False: it is to be scored.
  bool find(const InputFields& inputs, Row& row, ChunkWork& work);

  /// Of the same record, its keys in the other contexts; to be called for every row, which has none where
  /// `inputs` is null.
  void add_other_keys(const InputFields* inputs, std::vector<std::vector<RowKey>>& keys);

  /// The last record that was not found has become the row's example.
  void add(const Row& row);

 private:
  struct Slot {
    RowKey key;
    std::size_t example = 0;
  };

  bool finds_example(Row& row);
  bool finds_values(Row& row) const;
  Slot& slot_of(const RowKey& key);

  RowReuse reuse_;
  std::optional<KeyDigest> digest_;  // empty: nothing is looked for
  std::vector<KeyDigest> other_digests_;
  RowKey key_;               // of the record under way
  std::vector<Slot> slots_;  // of the chunk, by key; half of them at least are free
};

}  // namespace infer::detail
