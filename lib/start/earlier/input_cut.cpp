#include "start/earlier/input_cut.hpp"

#include "base/checked_cast.hpp"

namespace infer {

void InputCut::add(const ChunkRange& range, std::uint64_t records) {
  if (part_chunks_ > 0 && chunk_records_.size() % part_chunks_ == 0) {
    ManifestPart part;
    part.first_record = records_;
    part.from = {inputs_.at(range.file), range.begin};
    parts_.push_back(std::move(part));
  }
  if (part_chunks_ > 0) {
    parts_.back().records += records;
    parts_.back().to = {inputs_.at(range.file + range.files - 1), range.end};
  }
  chunk_records_.push_back(checked_cast<std::uint32_t>(records));
  records_ += records;
}

}  // namespace infer
