// Looks at sample records to learn what kind of values each field has, before a signature is settled.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "decoder/field_tree.hpp"
#include "record/chunk.hpp"
#include "record/tensor.hpp"

namespace infer {

/// What one field held in the sample.
struct ObservedField {
  std::size_t integers = 0;  ///< records whose numbers are all whole
  std::size_t bits = 0;      ///< of those, the ones that are all 0 or 1
  std::size_t large = 0;     ///< of those, the ones with a number that float32 does not hold exactly
  std::size_t reals = 0;     ///< records with at least one other number
  std::size_t booleans = 0;
  std::size_t others = 0;               ///< strings, objects, null, arrays of mixed depth
  std::map<Shape, std::size_t> shapes;  ///< of the numeric and boolean ones, with how often each came

  std::size_t usable() const { return integers + reals + booleans; }
  /// The shape that came most often; the smallest of them in lexical order. Requires usable() > 0.
  Shape common_shape() const;
};

struct Observation {
  std::vector<ObservedField> fields;  ///< one per path asked for
  std::vector<std::string> keys;      ///< top-level keys of the first valid record, for messages
  std::size_t records = 0;            ///< valid records seen
};

/// Invalid records are skipped. `missing_as_nan`: as Signature has it; then null within an array is a number.
Observation observe_fields(const RawChunk& sample, const std::vector<JsonPath>& paths,
                           bool missing_as_nan = false);

}  // namespace infer
