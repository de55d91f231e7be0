#include "config/input_spec.hpp"

#include <array>
#include <charconv>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace infer {
namespace {

constexpr std::array kAllDTypes{DType::float32, DType::float64, DType::float16, DType::bfloat16,
                                DType::int64,   DType::int32,   DType::int16,   DType::int8,
                                DType::uint8,   DType::boolean};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const auto end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

[[noreturn]] void refuse(const std::string& text, const std::string& reason) {
  throw UsageError("--input-spec " + text + ": " + reason +
                   "; the form is name:dtype:shape[:lo..hi], as in x:float32:[64] or ids:int64:[*]:0..30521");
}

template <class Number>
Number parse_whole(const std::string& text, const std::string& part) {
  Number value{};
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error != std::errc() || end != part.data() + part.size())
    refuse(text, "\"" + part + "\" is no whole number");
  return value;
}

Shape parse_shape(const std::string& text, std::string part) {
  std::erase(part, ' ');
  if (part.starts_with('[') && part.ends_with(','))
    refuse(text, "the shape ends in a comma: write it without blanks, or the whole in quotes");
  if (part.size() < 2 || part.front() != '[' || part.back() != ']')
    refuse(text, "the shape must be in brackets");
  Shape shape;
  if (part == "[]") return shape;
  for (const auto& dim : split(part.substr(1, part.size() - 2), ',')) {
    const auto size = dim == "*" ? kVariableDim : parse_whole<std::int64_t>(text, dim);
    if (dim != "*" && size <= 0) refuse(text, "a dimension must be 1 or more, or *");
    shape.push_back(size);
  }
  if (!is_possible(shape))
    refuse(text, "the shape has more than " + std::to_string(kMostValues) + " values per record");
  return shape;
}

ValueRange parse_range(const std::string& text, const std::string& part) {
  const auto dots = part.find("..");
  if (dots == std::string::npos) refuse(text, "\"" + part + "\" is no range");
  const ValueRange range{parse_whole<std::int64_t>(text, part.substr(0, dots)),
                         parse_whole<std::int64_t>(text, part.substr(dots + 2))};
  if (range.low > range.high) refuse(text, "the range is empty");
  return range;
}

std::string dtype_names() {
  std::vector<std::string> names;
  for (const auto dtype : kAllDTypes) names.emplace_back(dtype_name(dtype));
  return joined(names, ", ");
}

}  // namespace

TensorSpec parse_input_spec(const std::string& text) {
  const auto parts = split(text, ':');
  if (parts.size() < 3 || parts.size() > 4 || parts[0].empty())
    refuse(text, "it has not three or four parts");
  TensorSpec spec;
  spec.name = parts[0];
  const auto dtype = dtype_from_name(parts[1]);
  if (!dtype) refuse(text, "\"" + parts[1] + "\" is no dtype: there are " + dtype_names());
  spec.dtype = *dtype;
  spec.shape = parse_shape(text, parts[2]);
  if (parts.size() == 4) spec.range = parse_range(text, parts[3]);
  if (spec.range && !is_integer(spec.dtype)) {
    refuse(text, "only whole-number inputs have a range");
  }
  return spec;
}

std::string input_spec_text(const TensorSpec& spec) {
  auto text = spec.name + ':' + std::string(dtype_name(spec.dtype)) + ':' + shape_text(spec.shape);
  if (spec.range) text += ':' + std::to_string(spec.range->low) + ".." + std::to_string(spec.range->high);
  return text;
}

}  // namespace infer
