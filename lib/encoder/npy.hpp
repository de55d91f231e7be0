// NumPy's .npy file: a header that states type and shape, then the values row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "record/tensor.hpp"

namespace infer {

/// Header (format 1.0) of a [rows, width] array of float32 or float16. Of one size for any `rows`, so that it
/// can be written again when their number is known.
std::string npy_header(DType dtype, std::uint64_t rows, std::size_t width);

/// The same header for another number of rows. Empty for what is none of ours.
std::string npy_header_for(std::string_view header, std::uint64_t rows);

/// Row `row` of a float tensor [batch, width] as values of `dtype`. False when a NaN or infinity was among
/// them, or a number that float16 cannot hold.
bool append_npy_row(std::string& out, const HostTensor& tensor, std::size_t row, DType dtype);

/// A row of NaN: a record that failed.
void append_npy_nan_row(std::string& out, std::size_t width, DType dtype);

}  // namespace infer
