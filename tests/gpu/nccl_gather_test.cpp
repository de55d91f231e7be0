// NCCL's gather on a real device: one rank, or several that share it.
#include <catch2/catch.hpp>
#include <random>

#include "comm/nccl/nccl_gather.hpp"
#include "comm/nccl/nccl_open.hpp"
#include "mpi_test.hpp"

using namespace infer;

namespace {

using Sizes = std::vector<std::uint64_t>;
constexpr int kDevice = 0;
constexpr Seconds kLimit{40};

std::size_t own() { return static_cast<std::size_t>(test_channel().rank()); }
std::size_t ranks() { return static_cast<std::size_t>(test_channel().size()); }

Bytes block(std::size_t rank, std::uint64_t size, std::size_t round) {
  std::minstd_rand random(static_cast<unsigned>(rank * 1000 + round + 1));
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random() & 0xFF);
  return bytes;
}

void check_round(Gather& gather, const Sizes& sizes, std::size_t round) {
  const auto blocks = gather.gather(block(own(), sizes[own()], round), sizes);
  if (own() != 0) {
    CHECK(blocks.empty());
    return;
  }
  REQUIRE(blocks.size() == sizes.size());
  for (std::size_t rank = 0; rank < sizes.size(); ++rank)
    CHECK(blocks[rank] == block(rank, sizes[rank], round));
}

}  // namespace

TEST_CASE("nccl gather on a GPU: many rounds of growing, random, equal and empty blocks") {
  const auto gather = open_nccl_gather(test_channel(), kDevice, kLimit);
  CHECK(gather->name() == "nccl");
  std::minstd_rand random(11);  // the same on all ranks
  for (std::size_t round = 0; round < 40; ++round) {
    Sizes sizes(ranks());
    for (auto& size : sizes) size = random() % 4 == 0 ? 0 : random() % (1000 * (round + 1));
    check_round(*gather, sizes, round);
  }
  check_round(*gather, Sizes(ranks(), 0), 100);
  check_round(*gather, Sizes(ranks(), 4096), 101);
}

TEST_CASE("nccl gather on a GPU: rounds that only rank 0 receives") {
  const auto gather = open_nccl_gather(test_channel(), kDevice, kLimit);
  Sizes sizes(ranks(), NcclGather::kMostAllGatherBytes);
  sizes[0] = 3;
  sizes.back() += 5;
  check_round(*gather, sizes, 0);
  sizes.back() = 0;
  check_round(*gather, sizes, 1);
  check_round(*gather, Sizes(ranks(), 10), 2);
}

TEST_CASE("nccl gather on a GPU: the ranks can join again after leaving") {
  for (std::size_t round = 0; round < 3; ++round) {
    const auto gather = open_nccl_gather(test_channel(), kDevice, kLimit);
    check_round(*gather, Sizes(ranks(), 1000), round);
  }
}

TEST_CASE("nccl gather on a GPU: leaving while an error unwinds does not hang") {
  const auto fail = [] {
    const auto gather = open_nccl_gather(test_channel(), kDevice, kLimit);
    throw RunError("the disk is full");
  };
  const Stopwatch watch;
  CHECK_THROWS_WITH(fail(), "the disk is full");
  CHECK(watch.elapsed_s() < kLimit.count());
}
