// The examples that a model is tried on: the first records, and what is made of them. Internal to how
// signatures are settled.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "config/config.hpp"
#include "record/chunk.hpp"
#include "record/decoded_chunk.hpp"
#include "record/signature.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer::detail {

/// Examples in one batch, of which some rows are looked at.
struct Company {
  std::vector<std::size_t> examples;
  std::vector<std::size_t> looked_at;  ///< positions in `examples`
  bool padded = false;                 ///< a row that is looked at is filled up to the length of another
};

class TrialExamples {
 public:
  /// Of the first records that decode: some dozens, and of long ones fewer; none where the sample has no good
  /// one. `outliers`: numbers that no record has may be given to the model.
  TrialExamples(const Signature& signature, const InputOptions& input, const RawChunk& sample,
                const std::shared_ptr<const Tokenizer>& tokenizer, bool outliers);

  std::size_t size() const { return records_; }
  /// Whether the sample is the whole input.
  bool have_all() const { return have_all_; }
  std::span<const Column> columns() const { return columns_; }

  /// Up to `most` examples of the shapes of `first`, that one first; at least two, if need be the same twice.
  std::vector<std::size_t> alike(std::size_t first, std::size_t most) const;

  /// The records, those of fewest values first.
  std::vector<std::size_t> shortest_first() const;

  /// Another record that may share a batch with `first`: the next longer one where lengths may differ, else
  /// one of other values; `first` itself where there is none.
  std::size_t companion_of(std::size_t first) const;

  /// All of them looked at.
  Company together(std::vector<std::size_t> examples) const;

  /// `first` beside a longer one, made of it where the records have none; empty where nothing may be filled
  /// up, or `other` is longer already.
  std::optional<Company> filled_up(std::size_t first, std::size_t other);

  /// A few other records, and an outlier, of numbers a thousand times as large: what a model might remember.
  std::vector<std::size_t> others_than(std::size_t first);

  /// More batches in which `first` stands beside others: of its own shape, before and after them, and beside
  /// an outlier.
  std::vector<Company> companies(std::size_t first, std::size_t most_rows);

 private:
  bool has_shapes_of(std::size_t one, std::size_t other) const;
  bool is_same(std::size_t one, std::size_t other) const;
  bool may_share_batch() const;
  std::size_t length(std::size_t example) const;
  std::optional<std::size_t> neighbour_of(std::size_t first) const;
  std::optional<std::size_t> make_outlier(std::size_t first);
  std::optional<std::size_t> make_longer(std::size_t first);
  bool is_packed() const;

  const Signature& signature_;
  std::vector<Column> columns_;  // the records, then what was made of them
  std::size_t records_ = 0;
  std::optional<std::size_t> outlier_;  // once made, of one record
  bool have_all_ = false;
  bool outliers_ = false;
};

}  // namespace infer::detail
