// The first record of a CSV, which names its columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "record/csv_columns.hpp"
#include "record/input_format.hpp"

namespace infer {

/// The bytes at the front of a file that belong to no record.
std::size_t byte_order_mark_bytes(std::string_view file);

/// In their order.
std::vector<std::string> column_names(const CsvColumns& columns);

/// `header` is the file's first record, as it stands there, or what there is of one that is longer than a
/// record may be. Throws UsageError when it names no columns, or two alike, or is none of `format`.
void check_csv_header(const std::string& path, std::string_view header, InputFormat format,
                      std::size_t max_record_bytes);

}  // namespace infer
