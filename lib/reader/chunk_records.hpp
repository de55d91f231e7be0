// What of a chunk's bytes is a record: its lines, rows of a table, and of these the selected ones. Reads no
// file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "reader/input_file.hpp"
#include "record/chunk.hpp"
#include "record/selection.hpp"
#include "table/table.hpp"

namespace infer {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Of the first one at `from` or behind; the number of bytes when there is none.
std::size_t find_newline(const RawBytes& bytes, std::size_t from);

/// Splits [from, buffer.size()) of a chunk into lines: of `file`, whose byte `offset` is at `from`.
void split_lines(RawChunk& chunk, std::size_t from, std::uint32_t file, std::uint64_t offset,
                 std::size_t max_record_bytes);

/// Likewise, of file `number` the rows from `row` on.
void split_rows(RawChunk& chunk, std::size_t from, std::uint32_t number, std::uint64_t row,
                const InputFile& file, std::size_t max_record_bytes, const Table::Rows& rows);

/// Leaves those records of `chunk`; its last one is to be the last of them. Throws RunError where one does
/// not begin where it should; `path` is for the message.
void keep_selected(RawChunk& chunk, const ChunkSelection& selection, const std::string& path);

}  // namespace infer
