// The chunk reader against a splitter that is too simple to be wrong: the same lines, for any size of chunks.
#include <fuzzer/FuzzedDataProvider.h>

#include <string>
#include <vector>

#include "fuzz/memory_file.hpp"
#include "reader/chunk_plan.hpp"
#include "reader/chunk_reader.hpp"

namespace infer {
namespace {

struct Line {
  std::string text;  // empty when too long
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  bool too_long = false;

  bool operator==(const Line&) const = default;
};

struct Lines {
  std::vector<Line> records;
  std::uint64_t lines = 0;

  bool operator==(const Lines&) const = default;
};

void add_line(Lines& lines, std::string line, std::uint64_t offset, std::size_t max_record_bytes) {
  const std::string mark = "\xEF\xBB\xBF";
  if (line.ends_with('\r')) line.pop_back();
  if (offset == 0 && line.starts_with(mark)) {
    line.erase(0, mark.size());
    offset = mark.size();
  }
  const auto number = lines.lines++;
  if (line.size() > max_record_bytes) {
    lines.records.push_back({"", number, offset, true});
  } else if (line.find_first_not_of(" \t\r") != std::string::npos) {
    lines.records.push_back({line, number, offset, false});
  }
}

Lines split_simply(const std::string& content, std::size_t max_record_bytes) {
  Lines lines;
  std::size_t begin = 0;
  while (begin < content.size()) {
    const auto end = std::min(content.find('\n', begin), content.size());
    add_line(lines, content.substr(begin, end - begin), begin, max_record_bytes);
    begin = end + 1;
  }
  return lines;
}

Lines read_in_chunks(const ChunkPlan& plan, std::size_t max_record_bytes) {
  ChunkReader reader(plan.files(), max_record_bytes);
  Lines lines;
  for (std::uint64_t id = 0; id < plan.chunks(); ++id) {
    const auto chunk = reader.read({plan.range(id)});
    INFER_FUZZ_REQUIRE(chunk.buffer.size() >= kTailPadding);
    for (const auto& record : chunk.records) {
      const auto text = record.too_long ? "" : std::string(chunk.text(record));
      INFER_FUZZ_REQUIRE(record.too_long || record.begin + record.size + kTailPadding <= chunk.buffer.size());
      lines.records.push_back({text, lines.lines + record.line, record.offset, record.too_long});
    }
    lines.lines += chunk.lines;
  }
  return lines;
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infer;
  FuzzedDataProvider input(data, size);
  const auto max_record_bytes = input.ConsumeIntegralInRange<std::size_t>(2, 300);
  const std::uint64_t chunk_bytes[] = {input.ConsumeIntegralInRange<std::uint64_t>(1, 300), 1U << 20U};
  const auto content = input.ConsumeRemainingBytesAsString();
  const fuzz::MemoryFile file(content);
  const auto expected = split_simply(content, max_record_bytes);
  auto lines = stat_input(file.path());
  lines.kind = InputKind::plain;  // whatever it begins like
  for (const auto bytes : chunk_bytes) {
    const ChunkPlan plan({lines}, bytes);
    INFER_FUZZ_REQUIRE(read_in_chunks(plan, max_record_bytes) == expected);
  }
  return 0;
}
