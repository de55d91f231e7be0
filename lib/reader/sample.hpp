// The first records of the input, for learning what they hold before the run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "reader/input_file.hpp"
#include "record/chunk.hpp"

namespace infer {

constexpr std::uint64_t kSampleBytes = std::uint64_t{1} << 20U;

/// The records of the first piece of so many bytes that has one: a file may begin with blank lines, or have
/// nothing else. Shorter only where a file ends. No records when the whole input has none. Throws as
/// ChunkReader::read() does.
RawChunk read_sample(const std::vector<InputFile>& files, std::size_t max_record_bytes);

}  // namespace infer
