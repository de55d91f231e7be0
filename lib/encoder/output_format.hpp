// The formats of an output file: what a run must know of one beforehand, and how its rows are made. To add
// one, write its functions in a file of its own and name it in output_format.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/choices.hpp"
#include "encoder/flat_row.hpp"
#include "record/encoded_chunk.hpp"
#include "record/piece.hpp"
#include "record/predicted_chunk.hpp"
#include "record/record_error.hpp"
#include "record/signature.hpp"
#include "record/task.hpp"

namespace infer {

/// What all rows of a run have in common.
struct RowConfig {
  ResultSpec result;
  std::size_t top_k = 1;
  bool all_scores = false;  ///< every class's score too
  bool per_token = false;   ///< each token's log probability too
  NonFinite non_finite = NonFinite::null;
  DType npy_dtype = DType::float32;
  FlatRow flat{};  ///< of a flat format
};

/// What the model gave for one record.
struct RowResult {
  std::span<const NamedTensor> outputs;
  std::size_t row = 0;  ///< within the outputs
  const TextTable* texts = nullptr;
  std::size_t example = 0;  ///< within the texts
  std::span<const std::vector<Shape>> own_shapes{};
};

struct RowFailure {
  const Row& row;
  const RecordError& error;
  const std::string& file;  ///< the row's
};

struct RowParts {
  std::string_view carried;             ///< copied fields: `"id":7,"lang":"en"`
  std::string_view values;              ///< what append_values() made
  const RowFailure* failure = nullptr;  ///< null: none
};

/// Its functions are pure and thread-safe.
struct OutputFormat {
  std::string_view
      ending{};             ///< of the file's name; JSON Lines have none: they are in files of any other name
  std::string_view name{};  ///< "a NumPy array"
  std::string_view contents{};  ///< "embeddings"
  bool has_fields = false;      ///< rows have, and may be left out; else row k is record k, in numbers alone
  bool has_errors = false;      ///< the row of a failed record says it all; else another file lists them
  bool is_flat = false;         ///< rows have the columns of RowConfig::flat
  bool TaskTraits::*holds = nullptr;  ///< which tasks; null: all
  /// What stands before the rows, for so many. Null: nothing.
  std::string (*header)(const RowConfig& config, std::uint64_t rows) = nullptr;
  /// It says how many rows there are. So it is of one size, and is written first and again when their number
  /// is known, which only a regular file allows.
  bool header_counts_rows = false;
  /// The rows of a chunk as they stand in the file, whatever stands before them. Null: as append_row() made
  /// them.
  std::string (*pack)(const RowConfig& config, std::string_view rows) = nullptr;
  /// What pack() made that has rows, in the finished file of `bytes` bytes behind `fd`. Null: see pack.
  std::vector<PiecePlace> (*pieces)(int fd, std::uint64_t bytes) = nullptr;
  /// What pack() would have made of these rows of `pieces`. Null: see pack.
  std::string (*splice)(std::span<const std::string_view> pieces, std::span<const PieceRows> rows) = nullptr;
  /// The rows of what pack() made, as append_again() takes them. Null: see pack. Throws RunError for what is
  /// no piece of the run's columns.
  std::string (*unpack)(const RowConfig& config, std::string_view piece) = nullptr;
  /// What stands behind all that was packed, the first `bytes` of the open file `fd`. Null: nothing.
  std::string (*footer)(int fd, std::uint64_t bytes) = nullptr;
  /// How many bytes that is of a file that ends like this.
  std::uint64_t (*footer_bytes)(std::string_view last_bytes) = nullptr;
  /// Why a row cannot have these copied fields. Null: any row can.
  std::optional<RecordError> (*check_carried)(std::string_view carried, const RowConfig& config) = nullptr;
  /// Null: a row ends with a newline.
  std::size_t (*row_bytes)(const RowConfig& config) = nullptr;
  /// On an error, too, what was appended goes to append_row().
  std::optional<RecordError> (*append_values)(std::string& values, const RowResult& result,
                                              const RowConfig& config) = nullptr;
  void (*append_row)(StampedText& out, const RowParts& row, const RowConfig& config) = nullptr;
  /// The row of a record that has these copied fields and the same values as a good one of an earlier output
  /// of the format. False where `earlier` cannot be such a row.
  bool (*append_again)(StampedText& out, std::string_view carried, std::string_view earlier,
                       const RowConfig& config) = nullptr;
};

/// In which a file of that name is written, whatever packs it.
const OutputFormat& output_format(std::string_view path);

/// Those beside JSON Lines.
std::span<const OutputFormat* const> other_formats();

}  // namespace infer
