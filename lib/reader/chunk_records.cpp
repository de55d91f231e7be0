#include "reader/chunk_records.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "reader/tables/table_rows.hpp"

namespace infer {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

[[noreturn]] void refuse_selection(std::uint64_t offset, const std::string& path) {
  throw RunError("no record begins at byte " + std::to_string(offset) + " of " + path +
                     ", where one failed before: the input has changed since; score it anew with --overwrite",
                 /*may_go_on=*/false);
}

}  // namespace

std::size_t find_newline(const RawBytes& bytes, std::size_t from) {
  const void* hit =
      from < bytes.size() ? std::memchr(bytes.data() + from, '\n', bytes.size() - from) : nullptr;
  return hit == nullptr ? bytes.size()
                        : static_cast<std::size_t>(static_cast<const std::byte*>(hit) - bytes.data());
}

void split_lines(RawChunk& chunk, std::size_t from, std::uint32_t file, std::uint64_t offset,
                 std::size_t max_record_bytes) {
  const auto* text = reinterpret_cast<const char*>(chunk.buffer.data());
  chunk.lines = 0;
  for (auto begin = from; begin < chunk.buffer.size();) {
    const auto newline = find_newline(chunk.buffer, begin);
    std::string_view line(text + begin, newline - begin);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (offset == 0 && begin == from && line.starts_with(kByteOrderMark))
      line.remove_prefix(kByteOrderMark.size());
    const bool too_long = line.size() > max_record_bytes;
    if (too_long || !is_blank(line)) {
      const auto at = static_cast<std::size_t>(line.data() - text);
      chunk.records.push_back(
          {at, line.size(), chunk.lines, offset + (at - from), too_long, chunk.records.size(), file});
    }
    ++chunk.lines;
    begin = newline + 1;
  }
}

void split_rows(RawChunk& chunk, std::size_t from, std::uint32_t number, std::uint64_t row,
                const InputFile& file, std::size_t max_record_bytes, const Table::Rows& rows) {
  chunk.lines = rows.ends.size();
  if (rows.ends.empty()) return;
  chunk.records.reserve(chunk.records.size() + rows.ends.size());
  RowOffsets offsets(file, row);
  auto begin = from;
  for (std::size_t i = 0; i < rows.ends.size(); ++i) {
    const auto end = from + rows.ends[i];
    const auto size = end - 1 - begin;
    chunk.records.push_back({begin, size, i, offsets.next(), size > max_record_bytes, chunk.records.size(),
                             number, false, rows.only_carried[i] > 0});
    begin = end;
  }
}

void keep_selected(RawChunk& chunk, const ChunkSelection& selection, const std::string& path) {
  const auto first = std::ranges::find(chunk.records, selection.offset, &RawRecord::offset);
  if (first == chunk.records.end()) refuse_selection(selection.offset, path);
  const std::span<const RawRecord> all(first, chunk.records.end());
  const auto first_line = first->line;
  std::vector<RawRecord> kept;
  std::uint64_t behind = 0;  // the last that is kept
  SelectedOrder selected(selection.runs);
  while (const auto order = selected.next()) {
    if (*order >= all.size()) refuse_selection(chunk.range.end - 1, path);
    behind = *order + 1;
    kept.push_back(all[*order]);
    kept.back().line -= first_line;
    kept.back().number = *order;
  }
  if (behind < all.size() || kept.back().offset + 1 != chunk.range.end)
    refuse_selection(chunk.range.end - 1, path);
  chunk.records = std::move(kept);
  chunk.before = Counts{selection.line, selection.number};
}

}  // namespace infer
