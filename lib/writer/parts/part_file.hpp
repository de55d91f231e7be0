// One part while its rank writes it: rows as they come, and where in them numbers lack that only rank 0
// knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/encoded_chunk.hpp"
#include "record/part.hpp"
#include "writer/output_file.hpp"
#include "writer/output_form.hpp"

namespace infer {

/// Thread-compatible. What fails throws RunError.
class PartFile {
 public:
  /// Creates it under its unfinished name. Keeps a reference to `form`.
  PartFile(std::string path, const OutputForm& form);

  /// The part's next chunk. What is left of it is for rank 0: all but the rows.
  EncodedChunk add(EncodedChunk chunk);

  /// Puts the numbers in, syncs, and gives the part its name, and its keys theirs, once all of its chunks are
  /// there. At most once.
  FinishedPart finish(const PartOrder& order);

 private:
  /// A chunk of it, and where its rows are as they came.
  struct Piece {
    EncodedChunk chunk;  ///< without texts
    std::uint64_t begin = 0;
    std::uint64_t bytes = 0;

    bool stays(const OutputForm& form) const;
  };

  void begin();
  void write(std::string_view text);
  void rewrite(const PartOrder& order);
  void write_keys(std::uint64_t output_bytes) const;
  std::uint64_t rows() const;

  std::string path_;
  const OutputForm& form_;
  std::optional<OutputFile> file_;  ///< empty only while it changes
  std::uint64_t bytes_ = 0;
  std::vector<Piece> pieces_;
};

}  // namespace infer
