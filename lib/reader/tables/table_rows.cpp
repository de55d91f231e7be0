#include "reader/tables/table_rows.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "reader/input_fd.hpp"
#include "table/table.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kMostBytes = std::numeric_limits<std::uint64_t>::max() / 4;  // sums stay small

std::uint64_t step_of(const RowsBegin& group) {
  return ((&group)[1].offset - group.offset) / ((&group)[1].row - group.row);
}

const RowsBegin& group_of_row(const InputFile& file, std::uint64_t row) {
  return *(std::ranges::upper_bound(file.rows, row, {}, &RowsBegin::row) - 1);
}

std::vector<RowsBegin> begins_of(std::span<const RowGroup> groups) {
  std::vector<RowsBegin> begins{{0, 0}};
  for (const auto& group : groups) {
    const auto& last = begins.back();
    if (group.rows == 0) continue;
    if (group.row_bytes > (kMostBytes - last.offset) / group.rows)
      throw TableError("it says that it has more rows than any file can");
    begins.push_back({last.row + group.rows, last.offset + group.rows * group.row_bytes});
  }
  return begins;
}

}  // namespace

void find_rows(InputFile& file) {
  if (file.kind != InputKind::table) return;
  const auto fd = open_input(file.path);
  if (!fd) throw UsageError(errno_message("cannot open the input " + file.path));
  try {
    file.rows = begins_of(Table(fd.get(), file.bytes).groups());
  } catch (const TableError& error) {
    throw UsageError("cannot read what the input " + file.path + " says of itself: " + error.what() +
                     "; is it whole?");
  }
}

std::uint64_t row_count(const InputFile& file) { return file.rows.empty() ? 0 : file.rows.back().row; }

std::uint64_t first_row_from(const InputFile& file, std::uint64_t offset) {
  if (offset >= file.content_bytes()) return row_count(file);
  const auto& group = *(std::ranges::upper_bound(file.rows, offset, {}, &RowsBegin::offset) - 1);
  const auto step = step_of(group);
  return group.row + (offset - group.offset + step - 1) / step;
}

RowOffsets::RowOffsets(const InputFile& file, std::uint64_t row)
    : group_(&group_of_row(file, row)), row_(row), offset_(offset_of_row(file, row)) {
  if (row < row_count(file)) step_ = step_of(*group_);
}

std::uint64_t RowOffsets::next() {
  if (row_ == group_[1].row) step_ = step_of(*++group_);
  ++row_;
  return std::exchange(offset_, offset_ + step_);
}

std::uint64_t offset_of_row(const InputFile& file, std::uint64_t row) {
  const auto& group = group_of_row(file, row);
  return row == group.row ? group.offset : group.offset + (row - group.row) * step_of(group);
}

}  // namespace infer
