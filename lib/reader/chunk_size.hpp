// How large the chunks of an input are.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "reader/input_file.hpp"

namespace infer {

/// By the rows in the first MiB of the first file with content, or in all of it if it is a table: at most
/// `most_rows`, fewer in a small input, so that it still spreads over many ranks. Always the same for the
/// same files, which every rank reads.
std::uint64_t choose_chunk_bytes(const std::vector<InputFile>& files, std::uint64_t most_rows);

/// For records of so many bytes each.
std::uint64_t chunk_bytes_for_rows(std::uint64_t row_bytes, std::uint64_t total_bytes,
                                   std::uint64_t most_rows);

/// Likewise by that MiB, or what there is of it, and the bytes of all the input.
std::uint64_t chunk_bytes_for(std::string_view head, std::uint64_t total_bytes, std::uint64_t most_rows);

}  // namespace infer
