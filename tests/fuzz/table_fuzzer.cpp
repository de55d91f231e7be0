// Any bytes as a Parquet or Arrow file: its rows, a line each, or a TableError. Rows that can be read at once
// are the same in pieces, where some are skipped, by another reader, and with values apart.
#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/memory_file.hpp"
#include "fuzz/require.hpp"
#include "table/table.hpp"

namespace infer {
namespace {

constexpr RowLimits kLimits{std::size_t{1} << 20U, std::size_t{1} << 26U};
constexpr std::uint64_t kMostRows = 2000;

std::optional<std::string> lines_of(Table& table, std::uint64_t begin, std::uint64_t end) {
  try {
    return std::string(table.read(begin, end, kLimits).lines);
  } catch (const TableError&) {
    return std::nullopt;
  }
}

std::uint64_t rows_of(const Table& table) {
  std::uint64_t rows = 0;
  for (const auto& group : table.groups()) {
    INFER_FUZZ_REQUIRE(group.row_bytes > 0);
    rows = std::min(kMostRows, rows + std::min(kMostRows, group.rows));
  }
  return rows;
}

/// Line by line, so that lines that are left out show.
std::string part(const std::string& lines, std::uint64_t begin, std::uint64_t end) {
  std::size_t from = 0;
  for (std::uint64_t i = 0; i < begin; ++i) from = lines.find('\n', from) + 1;
  auto to = from;
  for (auto i = begin; i < end; ++i) to = lines.find('\n', to) + 1;
  return lines.substr(from, to - from);
}

void check_column(const PlainColumn& column, std::uint64_t rows) {
  INFER_FUZZ_REQUIRE(column.ends.size() == rows && column.forms.size() == rows);
  INFER_FUZZ_REQUIRE(std::ranges::is_sorted(column.ends));
  INFER_FUZZ_REQUIRE(column.values.size() == (rows == 0 ? 0 : column.ends.back() * column.value_bytes()));
  for (std::size_t i = 0; i < rows; ++i) {
    const bool is_empty_text = column.kind == PlainKind::text && column.forms[i] == PlainForm::single;
    INFER_FUZZ_REQUIRE((column.of(i).count > 0) == (column.forms[i] != PlainForm::in_line) || is_empty_text);
  }
}

/// Where a line is what is copied alone, that stands in the whole line, too.
void check_lines(const Table::Rows& read, std::string_view whole) {
  std::uint64_t begin = 0;
  for (std::size_t i = 0; i < read.ends.size(); ++i) {
    const auto line = read.lines.substr(begin, read.ends[i] - begin);
    begin = read.ends[i];
    const auto whole_line = whole.substr(0, whole.find('\n') + 1);
    whole.remove_prefix(whole_line.size());
    INFER_FUZZ_REQUIRE(line.ends_with('\n'));
    if (read.only_carried[i] == 0) continue;
    INFER_FUZZ_REQUIRE(line == "{}\n" || line.starts_with("{\"b\":"));
    INFER_FUZZ_REQUIRE(whole_line.find(line.substr(1, line.size() - 3)) != std::string_view::npos);
  }
}

/// Each row has its own values, or none.
void check_plain(Table& table, std::uint64_t rows, const std::vector<std::string>& texts) {
  table.choose({{"a", "b"}, {"a"}, texts, {"b"}});
  const auto whole = lines_of(table, 0, rows);
  try {
    const auto read = table.read(0, rows, kLimits, true);
    for (const auto& column : read.plain) check_column(column, rows);
    INFER_FUZZ_REQUIRE(read.only_carried.size() == rows && read.ends.size() == rows);
    INFER_FUZZ_REQUIRE(read.lines.size() == (rows == 0 ? 0 : read.ends.back()));
    if (whole) check_lines(read, *whole);
  } catch (const TableError&) {
  }
}

void check(int fd, std::size_t size) {
  Table table(fd, size);
  const auto rows = rows_of(table);
  const auto all = lines_of(table, 0, rows);
  if (all) INFER_FUZZ_REQUIRE(static_cast<std::uint64_t>(std::ranges::count(*all, '\n')) == rows);
  Table other(fd, size);
  for (std::uint64_t begin = 1; begin < rows; begin += 7) {
    const auto end = std::min(rows, begin + 3);
    const auto some = lines_of(other, begin, end);
    if (all && some) INFER_FUZZ_REQUIRE(*some == part(*all, begin, end));
  }
  other.choose({{"a", "no such column"}, {}, {}, {}});
  lines_of(other, 0, rows);
  check_plain(other, rows, {"a"});
  check_plain(other, rows, {"b"});
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infer;
  const fuzz::MemoryFile file({reinterpret_cast<const char*>(data), size});
  const UniqueFd fd(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
  INFER_FUZZ_REQUIRE(fd);
  try {
    check(fd.get(), size);
  } catch (const TableError&) {
  }
  return 0;
}
