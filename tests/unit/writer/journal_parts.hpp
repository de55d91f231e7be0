// Journals written down in a test.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "writer/journal/journal_text.hpp"

namespace infer::test {

inline RunRecord run_of(std::vector<Fact> facts = {{"--top-k", "3", true}}) {
  RunRecord run;
  run.chunk_bytes = 4096;
  run.facts = std::move(facts);
  return run;
}

/// After `chunks` chunks of one row each, with `text` added behind byte `begin` of the one file.
inline Checkpoint point_of(std::uint64_t chunks, std::uint64_t begin, const std::string& text) {
  Checkpoint point;
  point.chunks = chunks;
  point.rows = chunks;
  point.files = {{begin, begin + text.size(), digest_of(text)}};
  return point;
}

}  // namespace infer::test
