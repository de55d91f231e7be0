// Selects records of a plan, as --retry-errors does.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "reader/selected_chunks.hpp"

namespace infer::test {

inline SelectedChunks select_records(const ChunkPlan& plan, const std::vector<SelectedRecord>& records) {
  Selection selection;
  for (const auto& record : records) selection.add(record, plan.chunk_of(record));
  return {std::make_shared<const ChunkPlan>(plan), std::make_shared<const Selection>(std::move(selection))};
}

}  // namespace infer::test
