// Reads the input on one rank before the run: where are the records of an earlier run now? Where are those
// that are chosen by number?
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "reader/source.hpp"
#include "reader/stream/stream_config.hpp"
#include "record/selection.hpp"

namespace infer {

struct InputScan {
  std::uint64_t records = 0;
  std::uint64_t input_digest = 0;  ///< as in Checkpoint
};

/// Waits for it. False behind the last one.
bool has_chunk(Source& source, std::uint64_t id);

/// Reads all chunks of `source`, of which none has been granted. `found` gets every record that has one of
/// the `wanted` numbers, and `each_chunk` each chunk with the number of its records. Throws as ChunkReader
/// and the source do.
InputScan scan_input(Source& source, std::size_t max_record_bytes, const Selection& wanted,
                     const std::function<void(const SelectedRecord&)>& found,
                     const std::function<void(const ChunkRange&, std::uint64_t records)>& each_chunk);

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
