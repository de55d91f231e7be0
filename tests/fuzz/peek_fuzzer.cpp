// A line of a result, and the header of an array: values that lie where they say, or a reason; what is JSON
// is read; what is shown keeps to the terminal's columns.
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.hpp"
#include "json/json_check.hpp"
#include "peek/rows/npy_head.hpp"
#include "peek/rows/row_reader.hpp"
#include "peek/shown_row.hpp"
#include "record/chunk.hpp"

namespace infer {
namespace {

void check_row(std::string_view line, bool is_flat) {
  const std::string_view bytes = line.substr(0, line.find('\n'));
  std::vector<char> padded(bytes.size() + kTailPadding);
  std::memcpy(padded.data(), bytes.data(), bytes.size());
  const std::string_view text(padded.data(), bytes.size());
  RowReader reader(is_flat);
  const auto* row = reader.read(text);
  INFER_FUZZ_REQUIRE(row != nullptr || !reader.problem().empty());
  if (text.starts_with('{') && JsonCheck().accepts(text)) INFER_FUZZ_REQUIRE(row != nullptr);
  if (row == nullptr) return;
  for (const auto& vector : row->vectors)
    INFER_FUZZ_REQUIRE(vector.begin <= vector.end && vector.end <= row->items.size());
}

void check_shown(std::string_view line, std::size_t columns) {
  INFER_FUZZ_REQUIRE(columns_of(shown_row(line, columns)) <= columns);
  const auto repaired = repaired_line(line);
  if (repaired) INFER_FUZZ_REQUIRE(!repaired_line(*repaired));
}

void check_head(std::string_view head) {
  npy_head_bytes(head);
  const auto read = read_npy_head(head);
  INFER_FUZZ_REQUIRE(read.head.has_value() == read.problem.empty());
  if (read.head) INFER_FUZZ_REQUIRE(read.head->width > 0 && read.head->value_bytes > 0);
}

}  // namespace
}  // namespace infer

/// The last byte says how wide the terminal is, and whether rows are flat.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size - 1);
  const auto last = data[size - 1];
  infer::check_row(bytes, last % 2 == 0);
  infer::check_shown(bytes, 1 + last / 2U);
  infer::check_head(bytes);
  return 0;
}
