// CSV as JSON lines, which is what all behind the reader knows: a record is an object of its cells.
#pragma once

#include <cstddef>

#include "record/chunk.hpp"
#include "record/csv_columns.hpp"

namespace infer {

/// Takes the chunk's range of CSV, whole records, out of its buffer and puts JSON lines there, which its
/// records are. Those have the lines and offsets of the CSV. Of the range that begins the file the first
/// record is the header, and none of the chunk's.
void make_json_lines(RawChunk& chunk, const CsvColumns& columns, std::size_t max_record_bytes);

}  // namespace infer
