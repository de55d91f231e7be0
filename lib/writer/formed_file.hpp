// A file of rows with what its form has around them.
#pragma once

#include <cstdint>
#include <string>

#include "writer/output_file.hpp"
#include "writer/output_form.hpp"

namespace infer {

/// Writes what stands before the rows.
void begin_rows(OutputFile& file, const OutputForm& form);
/// Writes what stands behind so many rows, or for none, and how many there are.
void end_rows(OutputFile& file, const OutputForm& form, std::uint64_t rows);

/// What is on disk under its own name.
struct FinishedFile {
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;  ///< of these, as they are read back
};

/// Ends its rows, syncs it and gives it its name, also in place of another. Throws RunError.
FinishedFile finish_rows(OutputFile& file, const OutputForm& form, std::uint64_t rows);

}  // namespace infer
