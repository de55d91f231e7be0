#include "encoder/npy.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "encoder/output_format.hpp"

namespace infer {
namespace {

static_assert(std::numeric_limits<float>::is_iec559);
using Float16 = _Float16;

/// Room for the header; NumPy wants a multiple of 64 (numpy.lib.format, version 1.0).
constexpr std::size_t kHeaderBytes = 128;
constexpr std::size_t kPreambleBytes = 10;  // magic, version, length of the rest

template <class T>
void append_value(std::string& out, T value) {
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &value, sizeof value);
  out.append(bytes.data(), bytes.size());
}

bool append_float(std::string& out, double value, DType dtype) {
  if (dtype == DType::float32) {
    const auto narrow = static_cast<float>(value);
    append_value(out, narrow);
    return std::isfinite(narrow);
  }
  const auto narrow = static_cast<Float16>(static_cast<float>(value));
  append_value(out, narrow);
  return std::isfinite(static_cast<float>(narrow));
}

}  // namespace

std::string npy_header(DType dtype, std::uint64_t rows, std::size_t width) {
  INFER_ASSERT(dtype == DType::float32 || dtype == DType::float16);
  std::string header("\x93NUMPY\x01\x00", 8);
  constexpr auto rest = kHeaderBytes - kPreambleBytes;
  header += static_cast<char>(rest % 256);
  header += static_cast<char>(rest / 256);
  header += std::string("{'descr': '") + (dtype == DType::float32 ? "<f4" : "<f2") +
            "', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " + std::to_string(width) +
            "), }";
  INFER_ASSERT(header.size() < kHeaderBytes);
  header.resize(kHeaderBytes - 1, ' ');
  return header + '\n';
}

std::string npy_header_for(std::string_view header, std::uint64_t rows) {
  constexpr std::string_view kShape = "'shape': (";
  const auto begin = header.find(kShape);
  const auto comma = header.find(',', begin);
  const auto end = header.find("), }", comma);
  if (header.size() != kHeaderBytes || end == std::string_view::npos) return {};
  std::string other(header.substr(0, begin + kShape.size()));
  other += std::to_string(rows);
  other += header.substr(comma, end + 4 - comma);
  if (other.size() >= kHeaderBytes) return {};
  other.resize(kHeaderBytes - 1, ' ');
  return other + '\n';
}

bool append_npy_row(std::string& out, const HostTensor& tensor, std::size_t row, DType dtype) {
  const auto width = static_cast<std::size_t>(tensor.shape[1]);
  const auto item = dtype_size(tensor.dtype);
  const auto* at = tensor.bytes.data() + row * width * item;
  bool finite = true;
  for (std::size_t i = 0; i < width; ++i, at += item) {
    double value = 0;
    if (tensor.dtype == DType::float64) {
      std::memcpy(&value, at, sizeof value);
    } else {
      float narrow = 0;
      std::memcpy(&narrow, at, sizeof narrow);
      value = narrow;
    }
    finite &= append_float(out, value, dtype);
  }
  return finite;
}

void append_npy_nan_row(std::string& out, std::size_t width, DType dtype) {
  for (std::size_t i = 0; i < width; ++i) append_float(out, std::numeric_limits<double>::quiet_NaN(), dtype);
}

namespace {

std::string header(const RowConfig& config, std::uint64_t rows) {
  return npy_header(config.npy_dtype, rows, config.result.width);
}

std::size_t row_bytes(const RowConfig& config) { return config.result.width * dtype_size(config.npy_dtype); }

std::optional<RecordError> append_values(std::string& values, const RowResult& result,
                                         const RowConfig& config) {
  if (append_npy_row(values, result.outputs[0].value, result.row, config.npy_dtype)) return std::nullopt;
  return RecordError{RecordErrorCode::non_finite,
                     config.npy_dtype == DType::float32
                         ? "the embedding has NaN or infinity"
                         : "the embedding has NaN, infinity or a number too large for float16"};
}

void append_row(StampedText& out, const RowParts& row, const RowConfig& config) {
  if (row.failure != nullptr) return append_npy_nan_row(out.text, config.result.width, config.npy_dtype);
  out.text += row.values;
}

bool append_again(StampedText& out, std::string_view /*carried*/, std::string_view earlier,
                  const RowConfig& config) {
  if (earlier.size() != row_bytes(config)) return false;
  out.text += earlier;
  return true;
}

}  // namespace

extern const OutputFormat kNumpyArray;
constinit const OutputFormat kNumpyArray{.ending = ".npy",
                                         .name = "a NumPy array",
                                         .contents = "embeddings",
                                         .holds = &TaskTraits::is_vector,
                                         .header = header,
                                         .header_counts_rows = true,
                                         .row_bytes = row_bytes,
                                         .append_values = append_values,
                                         .append_row = append_row,
                                         .append_again = append_again};

}  // namespace infer
