#include "encoder/output_format.hpp"

#include <algorithm>
#include <array>

#include "encoder/output_packing.hpp"
#include "table/table.hpp"

namespace infer {

extern const OutputFormat kJsonLines;
extern const OutputFormat kCsv;
extern const OutputFormat kNumpyArray;
extern const OutputFormat kParquet;

std::span<const OutputFormat* const> other_formats() {
  static constexpr std::array kAll{&kCsv, &kParquet, &kNumpyArray};
  static constexpr std::array kWithoutTables{&kCsv, &kNumpyArray};
  if (tables_available()) return kAll;
  return kWithoutTables;
}

const OutputFormat& output_format(std::string_view path) {
  path = without_packing(path);
  const auto others = other_formats();
  const auto found = std::ranges::find_if(
      others, [path](const OutputFormat* format) { return path.ends_with(format->ending); });
  return found == others.end() ? kJsonLines : **found;
}

}  // namespace infer
