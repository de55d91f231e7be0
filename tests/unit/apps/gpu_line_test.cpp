#include "gpu_line.hpp"

#include <catch2/catch.hpp>

namespace infer {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

/// Ten seconds on two GPUs, eight threads that decode and encode.
RunSummary summary_of(const ChunkWork& work) {
  RunSummary summary;
  summary.seconds = 10;
  summary.gpus = 2;
  summary.pool_threads = 8;
  summary.ranks.resize(2);
  summary.ranks[0].work = work;
  summary.ranks[1].work.batches = 50;
  return summary;
}

ChunkWork busy(double gpus, double pool) {
  ChunkWork work;
  work.batches = 150;
  work.shapes = 31;
  work.device_waits = 200;
  work.device_ns = static_cast<std::uint64_t>(gpus * kSecond);
  work.decode_ns = work.encode_ns = static_cast<std::uint64_t>(pool * kSecond / 2);
  return work;
}

}  // namespace

TEST_CASE("gpu line: shares are of all GPUs' time, counts of all ranks") {
  CHECK(gpu_line(summary_of(busy(18, 8))) ==
        "2 GPUs busy 90 % of the time, limited by the GPUs (90 % busy); 31 shapes of batches, 1.00 "
        "waits per "
        "batch");
}

TEST_CASE("gpu line: what keeps the GPUs waiting is named, or that nothing does") {
  CHECK_THAT(gpu_line(summary_of(busy(4, 72))),
             Catch::Contains("busy 20 %") && Catch::Contains("limited by decoding and encoding (90 % busy)"));
  CHECK_THAT(gpu_line(summary_of(busy(4, 8))), Catch::Contains("limited by no part alone"));
  auto slow_disk = summary_of(busy(4, 8));
  slow_disk.write_seconds = 9.5;
  CHECK_THAT(gpu_line(slow_disk), Catch::Contains("limited by writing (95 % busy)"));
  auto slow_reads = busy(4, 8);
  slow_reads.read_ns = 16 * kSecond;
  CHECK_THAT(gpu_line(summary_of(slow_reads)), Catch::Contains("limited by reading (80 % busy)"));
}

}  // namespace infer
