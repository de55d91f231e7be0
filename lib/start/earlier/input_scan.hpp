// Reads the input on one rank before the run: where an earlier run knew it as another file, is it the same
// after all, and if not, where are the records of that run now? Where are those that are chosen by number?
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "reader/source.hpp"
#include "reader/stream/stream_config.hpp"
#include "reader/table_reader.hpp"
#include "record/selection.hpp"

namespace infer {

struct InputScan {
  std::uint64_t records = 0;
  std::uint64_t input_digest = 0;   ///< as in Checkpoint, of the chunks that were read
  std::uint64_t beyond_digest = 0;  ///< likewise
};

/// Where an earlier run took all of the input.
constexpr auto kAllChunks = std::numeric_limits<std::uint64_t>::max();

/// Reads the first chunks of `source`, at most so many, of which none has been granted: of tables these
/// columns, on which the digests depend. `found` gets every record of them that has one of the `wanted`
/// numbers, and `each_chunk` each chunk with the number of its records. Throws as ChunkReader and the source
/// do.
InputScan scan_input(
    Source& source, std::uint64_t most_chunks, std::size_t max_record_bytes, const Columns& columns,
    const Selection& wanted = {}, const std::function<void(const SelectedRecord&)>& found = nullptr,
    const std::function<void(const ChunkRange&, std::uint64_t records)>& each_chunk = nullptr);

/// Of all records of a source of which none has been granted those that are chosen; reads no more than that
/// takes. `chunk_of`: the same for records that are to be scored together.
Selection chosen_records(Source& source, const RecordChoice& choice, std::size_t max_record_bytes,
                         const std::function<std::uint64_t(const SelectedRecord&)>& chunk_of);

/// `chunk_bytes` empty: as about `chunk_rows` records have.
StreamConfig stream_config(const RunConfig& config, const std::vector<InputFile>& files,
                           std::optional<std::uint64_t> chunk_bytes, std::uint64_t chunk_rows);

/// All of the input, in chunks of `chunk_bytes`.
std::unique_ptr<Source> whole_input(const RunConfig& config, const std::vector<InputFile>& files,
                                    std::uint64_t chunk_bytes);

/// How long a scan may take at most.
Seconds scan_time(const std::vector<InputFile>& files);

}  // namespace infer
