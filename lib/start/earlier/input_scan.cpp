#include "start/earlier/input_scan.hpp"

#include <chrono>
#include <thread>

#include "reader/chunk_plan.hpp"
#include "reader/chunk_reader.hpp"
#include "reader/stream/stream_source.hpp"

namespace infer {

bool has_chunk(Source& source, std::uint64_t id) {
  for (;;) {
    const auto supply = source.supply();
    if (id < supply.ready) return true;
    if (supply.chunks) return false;
    source.rethrow_if_broken(id);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

namespace {

constexpr double kSlowestBytesPerSecond = 20e6;
constexpr double kBestPacked = 50;  ///< how many bytes one on disk may stand for, with lines of text

void scan_chunks(Source& source, ChunkReader& reader,
                 const std::function<bool(const RawChunk&, const Counts&)>& use) {
  wait_for_records(source);
  go_behind(source, {});
  Counts before;
  std::uint32_t file = 0;
  for (std::uint64_t id = 0; has_chunk(source, id); ++id) {
    const auto chunk = reader.read(source.grant(id));
    if (chunk.range.file != file) before.lines = 0;
    file = chunk.range.file;
    if (!use(chunk, before)) return;
    before.lines += chunk.lines;
    before.rows += chunk.records.size();
  }
}

}  // namespace

InputScan scan_input(Source& source, std::size_t max_record_bytes, const Selection& wanted,
                     const std::function<void(const SelectedRecord&)>& found,
                     const std::function<void(const ChunkRange&, std::uint64_t records)>& each_chunk) {
  ChunkReader reader(source.files(), max_record_bytes);
  InputScan scan;
  SelectedNumbers numbers(wanted);
  auto next = numbers.next();
  scan_chunks(source, reader, [&](const RawChunk& chunk, const Counts& before) {
    for (; next && *next - before.rows < chunk.records.size(); next = numbers.next()) {
      const auto& record = chunk.records[*next - before.rows];
      found({record.file, record.offset, before.lines + record.line, *next});
    }
    each_chunk(chunk.range, chunk.records.size());
    scan.records += chunk.records.size();
    scan.input_digest = digest_with(scan.input_digest, chunk.digest);
    return true;
  });
  return scan;
}

Selection chosen_records(Source& source, const RecordChoice& choice, std::size_t max_record_bytes,
                         const std::function<std::uint64_t(const SelectedRecord&)>& chunk_of) {
  ChunkReader reader(source.files(), max_record_bytes, ChosenColumns{});
  Selection chosen;
  scan_chunks(source, reader, [&](const RawChunk& chunk, const Counts& before) {
    for (const auto& each : chunk.records) {
      const auto number = before.rows + each.number;
      if (!choice.takes(number)) continue;
      const SelectedRecord record{each.file, each.offset, before.lines + each.line, number};
      chosen.add(record, chunk_of(record));
    }
    return !choice.ends_before(before.rows + chunk.records.size());
  });
  return chosen;
}

StreamConfig stream_config(const RunConfig& config, const std::vector<InputFile>& files,
                           std::optional<std::uint64_t> chunk_bytes, std::uint64_t chunk_rows) {
  return {files, chunk_bytes, chunk_rows, config.input.max_record_bytes, config.stops.stall_timeout};
}

std::unique_ptr<Source> whole_input(const RunConfig& config, const std::vector<InputFile>& files,
                                    std::uint64_t chunk_bytes) {
  if (!is_stream(files)) return std::make_unique<ChunkPlan>(files, chunk_bytes);
  return std::make_unique<StreamSource>(stream_config(config, files, chunk_bytes, 1));
}

Seconds scan_time(const std::vector<InputFile>& files) {
  double bytes = 0;
  for (const auto& file : files)
    bytes += static_cast<double>(file.content_bytes()) * (file.kind == InputKind::packed ? kBestPacked : 1);
  return Seconds(bytes / kSlowestBytesPerSecond);
}

}  // namespace infer
