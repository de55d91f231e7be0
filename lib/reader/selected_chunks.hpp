// Some records of the input, as --retry-errors scores them again: a source of its own.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "reader/chunk_plan.hpp"
#include "reader/source.hpp"
#include "record/selection.hpp"

namespace infer {

/// From the first to the last record of a chunk, as number `id`.
ChunkRange selected_range(std::uint64_t id, const Selection::Chunk& chunk);

/// The chunks of a plan that hold selected records, cut to theirs and numbered anew.
class SelectedChunks : public Source {
 public:
  /// Records were added to `selection` with the chunks of `plan` that they are in.
  SelectedChunks(std::shared_ptr<const ChunkPlan> plan, std::shared_ptr<const Selection> selection)
      : plan_(std::move(plan)), selection_(std::move(selection)) {}

  const std::vector<InputFile>& files() const override { return plan_->files(); }
  std::uint64_t chunk_bytes() const override { return plan_->chunk_bytes(); }
  RawChunk first_records(std::size_t max_record_bytes) override;
  std::uint64_t chunks() const { return selection_->chunks().size(); }
  Supply supply() override { return {chunks(), chunks()}; }
  GrantedChunk grant(std::uint64_t id) override;
  std::optional<std::uint64_t> input_bytes() const override;
  std::string place(std::uint64_t id) const override;

  ChunkRange range(std::uint64_t id) const;

 private:
  std::shared_ptr<const ChunkPlan> plan_;
  std::shared_ptr<const Selection> selection_;
};

}  // namespace infer
