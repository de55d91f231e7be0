#include "signature/own_shapes.hpp"

#include <algorithm>
#include <string>

#include "model/model.hpp"

namespace infer {
namespace {

constexpr std::int64_t kAnySize = -1;

/// A variable dimension of an input: its size for each record of the batch, and for the batch. Packed, it has
/// none there.
struct Lengths {
  std::vector<std::int64_t> own;
  std::int64_t padded = 0;
};

Lengths lengths_of(const Column& column, std::size_t dim, std::span<const std::size_t> examples,
                   const ShapeRounding& rounding) {
  Lengths lengths;
  for (const auto example : examples) lengths.own.push_back(column.shape(example)[dim]);
  const auto longest = static_cast<std::uint64_t>(std::ranges::max(lengths.own));
  lengths.padded = static_cast<std::int64_t>(rounded_length(longest, rounding));
  return lengths;
}

std::vector<Lengths> all_lengths(std::span<const TensorSpec> specs, std::span<const Column> columns,
                                 std::span<const std::size_t> examples, const ShapeRounding& rounding) {
  std::vector<Lengths> all;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!specs[i].pad) continue;
    for (std::size_t dim = 0; dim < specs[i].shape.size(); ++dim) {
      if (specs[i].shape[dim] != kVariableDim) continue;
      all.push_back(lengths_of(columns[i], dim, examples, rounding));
      if (specs[i].packed) all.back().padded = kAnySize;
    }
  }
  return all;
}

bool has_padding(std::span<const Lengths> inputs) {
  return std::ranges::any_of(inputs,
                             [](const Lengths& one) { return std::ranges::min(one.own) != one.padded; });
}

/// The lengths of which an output has `size` values in a batch. They must be those of one input, or of
/// several that are equal in every record.
const Lengths& lengths_behind(const std::string& output, std::int64_t size, std::span<const Lengths> inputs) {
  const auto fits = [&](const Lengths& one) {
    return one.padded == kAnySize ? std::ranges::max(one.own) <= size : one.padded == size;
  };
  const auto first = std::ranges::find_if(inputs, fits);
  const auto agrees = [&](const Lengths& one) { return !fits(one) || one.own == first->own; };
  if (first != inputs.end() && std::ranges::all_of(inputs, agrees)) return *first;
  throw ModelError("the result " + output + " has " + std::to_string(size) +
                   " values in a padded batch, and it cannot be told which of them are of the record itself");
}

std::vector<Shape> rows_of(const NamedTensor& output, const Shape& stated, std::span<const Lengths> inputs,
                           std::size_t count) {
  const auto& whole = output.value.shape;
  std::vector<Shape> rows(count, Shape(whole.begin() + 1, whole.end()));
  for (std::size_t dim = 0; dim < stated.size(); ++dim) {
    if (stated[dim] != kVariableDim) continue;
    const auto& lengths = lengths_behind(output.name, whole[dim + 1], inputs);
    for (std::size_t row = 0; row < count; ++row) rows[row][dim] = lengths.own[row];
  }
  return rows;
}

}  // namespace

OwnShapes own_shapes(std::span<const NamedTensor> outputs, std::span<const Shape> stated,
                     std::span<const TensorSpec> specs, std::span<const Column> columns,
                     std::span<const std::size_t> examples, const ShapeRounding& rounding) {
  const auto varies = [](const Shape& shape) {
    return std::ranges::find(shape, kVariableDim) != shape.end();
  };
  if (std::ranges::none_of(stated, varies)) return {};
  const auto inputs = all_lengths(specs, columns, examples, rounding);
  if (!has_padding(inputs)) return {};
  OwnShapes own(outputs.size());
  for (std::size_t i = 0; i < std::min(outputs.size(), stated.size()); ++i) {
    if (varies(stated[i]) && outputs[i].value.shape.size() == stated[i].size() + 1)
      own[i] = rows_of(outputs[i], stated[i], inputs, examples.size());
  }
  return own;
}

}  // namespace infer
