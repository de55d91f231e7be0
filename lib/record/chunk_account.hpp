// What a report tells of chunks beside their work: the sizes that the model met, and the memory that it took.
#pragma once

#include <algorithm>
#include <cstdint>

#include "record/size_counts.hpp"

namespace infer {

/// Summed along the way, as ChunkWork is.
struct ChunkAccount {
  SizeCounts lengths;        ///< of examples whose length varies, in elements of their longest input: tokens
  SizeCounts batch_rows;     ///< examples in each batch that the model took
  SizeCounts batch_lengths;  ///< the longest of these batches' examples, where lengths vary
  std::uint64_t host_peak_bytes = 0;    ///< of the process, until then
  std::uint64_t device_peak_bytes = 0;  ///< that LibTorch had of its GPUs, until then
  std::uint64_t runners = 0;            ///< threads that ran the model
  std::uint64_t pool_threads = 0;       ///< that decoded and encoded

  ChunkAccount& operator+=(const ChunkAccount& other) {
    lengths += other.lengths;
    batch_rows += other.batch_rows;
    batch_lengths += other.batch_lengths;
    host_peak_bytes = std::max(host_peak_bytes, other.host_peak_bytes);
    device_peak_bytes = std::max(device_peak_bytes, other.device_peak_bytes);
    runners = std::max(runners, other.runners);
    pool_threads = std::max(pool_threads, other.pool_threads);
    return *this;
  }
  bool operator==(const ChunkAccount&) const = default;
};

}  // namespace infer
