#include "reader/sample.hpp"

#include <algorithm>
#include <cstdint>

#include "reader/chunk_reader.hpp"

namespace infer {

RawChunk read_sample(const std::vector<InputFile>& files, std::size_t max_record_bytes) {
  ChunkReader reader(files, max_record_bytes);
  for (std::uint32_t file = 0; file < files.size(); ++file) {
    const auto bytes = files[file].content_bytes();
    for (std::uint64_t begin = 0; begin < bytes; begin += kSampleBytes) {
      auto sample = reader.read({ChunkRange{0, file, begin, std::min(begin + kSampleBytes, bytes)}});
      if (!sample.records.empty()) return sample;
    }
  }
  return {};
}

}  // namespace infer
