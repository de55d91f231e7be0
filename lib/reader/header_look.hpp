// The names of a CSV's columns, before the run.
#pragma once

#include <cstddef>

#include "reader/input_file.hpp"

namespace infer {

/// Throws as check_csv_header() does. Reads no pipe, and nothing of other formats; what cannot be read or
/// unpacked the run will meet again.
void look_at_header(const InputFile& file, std::size_t max_record_bytes);

}  // namespace infer
