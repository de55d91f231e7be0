// A decoder that looks for rows that are known.
#pragma once

#include <utility>

#include "unit/decoder/decode.hpp"

namespace infer::test {

/// Of a list "x" and a number "n"; ids are copied.
inline DecoderConfig reusing(RowReuse reuse) {
  auto config = config_of({spec("x", DType::float32, {kVariableDim}), spec("n", DType::int64, {})});
  config.carried = {"id"};
  config.reuse = std::move(reuse);
  return config;
}

}  // namespace infer::test
