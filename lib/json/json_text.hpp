// JSON text of strings, numbers and tensors, appended to a buffer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/choices.hpp"
#include "record/tensor.hpp"

namespace infer {

/// With quotes. Bytes that are no valid UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
/// Likewise, but such bytes stay as they are, for whom the record is to fail that has them.
void append_raw_json_string(std::string& out, std::string_view text);

void append_number(std::string& out, std::uint64_t value);

/// Row `row` of a tensor: a number when no dimension but the batch's is left, else nested lists. Floats are
/// the shortest text that reads back as the same value. False when a NaN or infinity was among them.
bool append_tensor_row(std::string& out, const HostTensor& tensor, std::size_t row, NonFinite policy);
/// The upper corner of it, of the shape `own`, which has one size for each dimension but the batch's.
bool append_tensor_row(std::string& out, const HostTensor& tensor, std::size_t row,
                       std::span<const std::int64_t> own, NonFinite policy);

/// False when `value` is NaN or infinite.
bool append_number(std::string& out, float value, NonFinite policy);

}  // namespace infer
