// Selects records of a plan, as --retry-errors does.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "reader/chunk_plan.hpp"

namespace infer::test {

inline void select_records(ChunkPlan& plan, const std::vector<SelectedRecord>& records) {
  Selection selection;
  for (const auto& record : records) selection.add(record, plan.chunk_of(record));
  plan.select(std::make_shared<const Selection>(std::move(selection)));
}

}  // namespace infer::test
