// What a run sees of files that are read in chunks.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "reader/chunk_plan.hpp"
#include "reader/chunk_reader.hpp"
#include "reader/input_fd.hpp"
#include "unit/base/scratch_folder.hpp"

namespace infer::test {

inline constexpr std::size_t kNoLimit = 1 << 20;

/// A record as the whole run sees it: `line` is physical, from 1 in its file.
struct Seen {
  std::uint32_t file = 0;
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
  std::string text;  ///< "(too long)" when it is

  bool operator==(const Seen&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << seen.file << ':' << seen.line << '@' << seen.offset << ' ' << seen.text;
}

struct Whole {
  std::vector<Seen> records;
  std::vector<std::uint64_t> lines;  ///< physical lines of each file, as far as chunks tell
};

inline Whole read_files(const std::vector<InputFile>& files, std::uint64_t chunk_bytes,
                        std::size_t max_record_bytes = kNoLimit) {
  const ChunkPlan plan(files, chunk_bytes);
  ChunkReader reader(plan.files(), max_record_bytes);
  Whole whole;
  whole.lines.resize(files.size());
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    const auto chunk = reader.read({plan.range(id)});
    const auto before = whole.lines[chunk.range.file];
    for (const auto& record : chunk.records) {
      const auto text = record.too_long ? "(too long)" : std::string(chunk.text(record));
      whole.records.push_back({record.file, before + record.line + 1, record.offset, text});
    }
    whole.lines[chunk.range.file + chunk.range.files - 1] += chunk.lines;
  }
  return whole;
}

inline Whole read_all(const std::vector<std::string>& paths, std::uint64_t chunk_bytes,
                      std::size_t max_record_bytes = kNoLimit) {
  std::vector<InputFile> files;
  for (const auto& path : paths) files.push_back(stat_input(path));
  return read_files(files, chunk_bytes, max_record_bytes);
}

/// One file of this content as one chunk after the other.
inline Whole read_content(const std::string& content, std::uint64_t chunk_bytes,
                          std::size_t max_record_bytes = kNoLimit) {
  const ScratchFolder folder;
  return read_all({folder.write("a.jsonl", content)}, chunk_bytes, max_record_bytes);
}

inline std::vector<std::string> texts(const Whole& whole) {
  std::vector<std::string> all;
  for (const auto& record : whole.records) all.push_back(record.text);
  return all;
}

}  // namespace infer::test
