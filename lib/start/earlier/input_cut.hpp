// How an input is cut into chunks and parts, in records, where a retry has to know.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "record/chunk.hpp"
#include "writer/parts/manifest.hpp"

namespace infer {

/// Thread-compatible.
class InputCut {
 public:
  /// `part_chunks` 0: there are no parts. `inputs`: the names of all.
  InputCut(std::uint64_t part_chunks, std::vector<std::string> inputs)
      : part_chunks_(part_chunks), inputs_(std::move(inputs)) {}

  /// The next chunk.
  void add(const ChunkRange& range, std::uint64_t records);

  const std::vector<std::uint32_t>& chunk_records() const { return chunk_records_; }
  /// Their records and places.
  const std::vector<ManifestPart>& parts() const { return parts_; }

 private:
  std::uint64_t part_chunks_;
  std::vector<std::string> inputs_;
  std::vector<std::uint32_t> chunk_records_;
  std::vector<ManifestPart> parts_;
  std::uint64_t records_ = 0;
};

}  // namespace infer
