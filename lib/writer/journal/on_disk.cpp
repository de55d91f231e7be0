#include "writer/journal/on_disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ranges>
#include <string>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/unique_fd.hpp"

namespace infer {
namespace {

std::uint64_t size_of(const std::string& path) {
  std::error_code missing;
  const auto bytes = std::filesystem::file_size(path, missing);
  return missing ? 0 : bytes;
}

bool holds(const std::string& path, const Segment& segment) {
  if (segment.end == 0) return true;  // a file in which nothing was written yet may not be there
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || size_of(path) < segment.end || segment.end < segment.begin) return false;
  Digest digest;
  const auto read =
      read_pieces(fd.get(), segment.begin, segment.end, [&](std::string_view piece) { digest.add(piece); });
  return read.bytes == segment.end - segment.begin && digest.value() == segment.digest;
}

JournalText read_record(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return parse_journal(text);
}

}  // namespace

std::vector<OutputPath> output_paths(const OutputNames& names) {
  std::vector<OutputPath> paths{output_path(names.output)};
  if (names.errors) paths.push_back(output_path(*names.errors));
  if (names.keys) paths.push_back(output_path(*names.keys));
  return paths;
}

bool is_on_disk(const Checkpoint& checkpoint, const std::vector<OutputPath>& paths) {
  if (checkpoint.files.size() != paths.size()) return false;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].is_direct() || holds(paths[i].written, checkpoint.files[i])) continue;
    if (!checkpoint.complete || !holds(paths[i].final, checkpoint.files[i])) return false;
  }
  return true;
}

Checkpoint usable_checkpoint(const JournalText& journal, const OutputNames& names) {
  const auto paths = output_paths(names);
  for (const auto& checkpoint : std::views::reverse(journal.checkpoints)) {
    if (is_on_disk(checkpoint, paths)) return checkpoint;
  }
  return {};
}

JournalText finished_run(const OutputPath& output) {
  auto record = read_record(output.record());
  const std::string ways_out = "; --overwrite scores the whole input anew, or give another --output";
  if (!record.run || record.checkpoints.empty() || record.checkpoints.back().files.empty())
    throw UsageError(output.final + " exists, but nobody knows what it was made of: " + output.record() +
                     ", which a run leaves beside its output, is missing or damaged" + ways_out);
  const auto& segment = record.checkpoints.back().files.front();
  if (size_of(output.final) != segment.end || !holds(output.final, segment))
    throw UsageError(output.final + " is not the output of which " + output.record() +
                     " tells: it was changed or replaced since" + ways_out);
  return record;
}

}  // namespace infer
