// Selections of records of which only the numbers matter.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "record/selection.hpp"

namespace infer::test {

inline std::shared_ptr<const Selection> selected(const std::vector<std::uint64_t>& numbers) {
  Selection selection;
  for (const auto number : numbers) selection.add({0, number, number, number}, 0);
  return std::make_shared<const Selection>(std::move(selection));
}

}  // namespace infer::test
