// Number conversions that refuse to lose value, for sizes that cross into C interfaces.
#pragma once

#include <string>
#include <utility>

#include "base/error.hpp"

namespace infer {

/// Throws InternalError when `value` does not fit `To`.
template <class To, class From>
To checked_cast(From value) {
  if (!std::in_range<To>(value)) {
    throw InternalError("the number " + std::to_string(value) + " does not fit its target type");
  }
  return static_cast<To>(value);
}

}  // namespace infer
