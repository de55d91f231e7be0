// Chunks of records written down in a test, as the reader would hand them over.
#pragma once

#include <string_view>
#include <vector>

#include "record/chunk.hpp"

namespace infer::test {

/// One record per line, each followed by a newline, then the padding; no blank lines are left out.
inline RawChunk raw_chunk(const std::vector<std::string_view>& lines) {
  RawChunk chunk;
  for (const auto line : lines) {
    const auto bytes = as_byte_view(line);
    chunk.records.push_back({chunk.buffer.size(), line.size(), chunk.lines++, chunk.buffer.size(), false});
    chunk.buffer.insert(chunk.buffer.end(), bytes.begin(), bytes.end());
    chunk.buffer.push_back(std::byte{'\n'});
  }
  chunk.range = {0, 0, 0, chunk.buffer.size()};
  chunk.buffer.resize(chunk.buffer.size() + kTailPadding, std::byte{' '});
  return chunk;
}

}  // namespace infer::test
