// Cuts the input files into chunks, and puts small files together in one. The cut depends on the files alone,
// never on ranks or timing: that is what makes the output independent of how many ranks there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reader/input_file.hpp"
#include "reader/source.hpp"
#include "record/chunk.hpp"
#include "record/selection.hpp"

namespace infer {

/// "data.jsonl from byte 4096".
std::string place_text(std::span<const InputFile> files, const ChunkRange& range);

/// Regular files, which every rank reads itself.
class ChunkPlan : public Source {
 public:
  /// `chunk_bytes` > 0. Files that follow one another are one chunk as far as they fit into it whole; what
  /// has no bytes has no chunks. Of frames a chunk has as many as fit, but one at least.
  ChunkPlan(std::vector<InputFile> files, std::uint64_t chunk_bytes);

  /// Which chunk a record is in. Throws UsageError for one outside of its file.
  std::uint64_t chunk_of(const SelectedRecord& record) const;

  const std::vector<InputFile>& files() const override { return files_; }
  std::uint64_t chunk_bytes() const override { return chunk_bytes_; }
  RawChunk first_records(std::size_t max_record_bytes) override;
  std::uint64_t chunks() const { return chunks_; }
  Supply supply() override { return {chunks_, chunks_}; }
  GrantedChunk grant(std::uint64_t id) override { return {range(id)}; }
  std::optional<std::uint64_t> input_bytes() const override { return total_bytes(); }
  std::uint64_t total_bytes() const;
  std::string place(std::uint64_t id) const override;
  ChunkRange range(std::uint64_t id) const;

 private:
  /// A file in chunks of its own, or several in one, or some frames of one.
  struct Piece {
    std::uint32_t file = 0;  ///< the first one
    std::uint32_t files = 1;
    std::uint64_t first_chunk = 0;
    std::uint64_t begin = 0;
    std::uint64_t bytes = 0;
    std::uint64_t step = 0;  ///< of a chunk
  };

  void add(const Piece& piece);
  void add_frames(std::uint32_t file);

  std::vector<InputFile> files_;
  std::uint64_t chunk_bytes_;
  std::vector<Piece> pieces_;  // of all the input, in its order
  std::uint64_t chunks_ = 0;   // of all pieces
};

}  // namespace infer
