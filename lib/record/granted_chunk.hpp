// A chunk as rank 0 hands it out: all that a rank must know in order to work on it.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/message.hpp"
#include "record/chunk.hpp"
#include "record/csv_columns.hpp"
#include "record/selection.hpp"

namespace infer {

struct GrantedChunk {
  ChunkRange range;
  ChunkSelection selection{};           ///< without runs: all of its records
  std::optional<RawBytes> payload{};    ///< its range, in whole lines; without: to be read from its files
  std::optional<ChunkDigest> digest{};  ///< of a payload, where more than that counts
  std::optional<CsvColumns> csv{};      ///< of a payload of CSV
};

template <class Archive, MaybeConst<ChunkSelection> Value>
void fields(Archive& all, Value& selection) {
  all(selection.offset, selection.line, selection.number, selection.runs);
}

template <class Archive, MaybeConst<CsvColumns> Value>
void fields(Archive& all, Value& columns) {
  all(columns.separator, columns.header);
}

template <class Archive, MaybeConst<GrantedChunk> Value>
void fields(Archive& all, Value& chunk) {
  all(chunk.range, chunk.selection, chunk.payload, chunk.digest, chunk.csv);
}

}  // namespace infer
