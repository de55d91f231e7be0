#include "start/earlier/input_scan.hpp"

#include "base/digest.hpp"
#include "reader/chunk_reader.hpp"

namespace infer {
namespace {

constexpr double kSlowestBytesPerSecond = 20e6;

}  // namespace

InputScan scan_input(const ChunkPlan& plan, std::uint64_t chunks, std::size_t max_record_bytes,
                     const Selection& wanted, const std::function<void(const SelectedRecord&)>& found) {
  ChunkReader reader(plan.files(), max_record_bytes);
  InputScan scan;
  SelectedNumbers numbers(wanted);
  auto next = numbers.next();
  std::uint64_t lines = 0;  // of the file, before the chunk
  std::uint32_t file = 0;
  for (std::uint64_t id = 0; id < chunks; ++id) {
    const auto chunk = reader.read({plan.range(id)});
    if (chunk.range.file != file) lines = 0;
    file = chunk.range.file;
    for (; next && *next - scan.records < chunk.records.size(); next = numbers.next()) {
      const auto& record = chunk.records[*next - scan.records];
      found({record.file, record.offset, lines + record.line, *next});
    }
    lines += chunk.lines;
    scan.records += chunk.records.size();
    scan.input_digest = joined_digest(scan.input_digest, chunk.digest.range);
    scan.beyond_digest = chunk.digest.beyond;
  }
  return scan;
}

Seconds scan_time(const std::vector<InputFile>& files) {
  return Seconds(static_cast<double>(ChunkPlan(files, 1).total_bytes()) / kSlowestBytesPerSecond);
}

}  // namespace infer
