// Cuts the examples of one chunk into batches. Pure: no I/O, no threads, and the same batches every time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "record/decoded_chunk.hpp"
#include "record/tensor.hpp"

namespace infer {

/// Fewer sizes of tensors than there are batches: what a device prepares for each size anew, it then prepares
/// some dozen times.
struct ShapeRounding {
  bool rows = false;  ///< of a batch: as many as fit, or a half of them; of fixed shapes a quarter, ... too
  std::size_t longest = 0;  ///< padded lengths are rounded up, but not beyond it; 0: they stay as they are

  bool operator==(const ShapeRounding&) const = default;
};

struct BatchLimits {
  std::size_t max_rows = 256;
  std::size_t max_elements = 16384;  ///< of variable lengths: rows × the longest; packed: their sum
  std::size_t batch_cost = 1 << 20;  ///< of one batch more, in elements: what padding may cost to avoid it
  bool packed = false;               ///< rows follow one another without padding
  bool one_by_one = false;           ///< each example is a batch of its own, in input order
  ShapeRounding rounding{};          ///< of inputs of at most one variable dimension that are not packed

  bool operator==(const BatchLimits&) const = default;
};

/// What decides where an example may go.
struct ExampleSize {
  std::uint64_t length = 0;   ///< elements of its longest variable input; 0 when all shapes are fixed
  std::uint64_t group = 0;    ///< only examples of one group share a batch: shapes that may not be padded
  std::vector<Shape> dims{};  ///< variable dimensions of each input that has several; empty in most models
};

std::vector<ExampleSize> measure_examples(std::span<const TensorSpec> specs, std::span<const Column> columns,
                                          std::size_t examples);

/// Indices of the examples of each batch: longest first within a group, input order among equals. Padded ones
/// are cut where elements and batch_cost are least in sum; packed ones each go to the first batch with room.
/// An example longer than max_elements is a batch of its own.
std::vector<std::vector<std::size_t>> cut_batches(std::span<const ExampleSize> sizes,
                                                  const BatchLimits& limits);
/// The same for some examples only. A batch of `limits` comes back as it is.
std::vector<std::vector<std::size_t>> cut_batches(std::span<const ExampleSize> sizes,
                                                  std::vector<std::size_t> examples,
                                                  const BatchLimits& limits);

/// `limits` made so tight that `batch`, of two examples or more, no longer fits: half of its elements where
/// lengths vary, else half of its rows.
BatchLimits halve_limits(BatchLimits limits, std::span<const ExampleSize> sizes,
                         std::span<const std::size_t> batch);

/// To a multiple of 8; of 16 above 64, of 32 above 128, ...: at most a quarter more there.
std::uint64_t rounded_length(std::uint64_t length, const ShapeRounding& rounding);

/// Rows of the tensors of a batch of `rows` examples, of which the longest has `length`, rounded. One example
/// stays alone.
std::size_t rounded_rows(std::size_t rows, std::uint64_t length, const BatchLimits& limits);

/// Packed tensors have a multiple of so many elements: fewer sizes for which matrix products are compiled.
/// Models rely on it (model_file/bundle.md): what fills up is a text to them, and may not be longer than they
/// take.
constexpr std::size_t kPackUnit = 16;

/// One tensor per input, with the batch as first dimension; shorter examples are filled with the spec's pad
/// value. A packed input is one example's values after the other's, filled up at the end. The dtype is the
/// column's storage dtype. Rounds lengths, not rows: those are given several times by `examples`.
std::vector<HostTensor> collate(std::span<const TensorSpec> specs, std::span<const Column> columns,
                                std::span<const std::size_t> examples, const ShapeRounding& rounding = {});

}  // namespace infer
