#include "comm/gather.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "comm/make_gather.hpp"
#include "comm/mpi_gather.hpp"
#include "mpi_test.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

using Sizes = std::vector<std::uint64_t>;
constexpr Seconds kLimit{20};

std::size_t own() { return static_cast<std::size_t>(test_channel().rank()); }
std::size_t ranks() { return static_cast<std::size_t>(test_channel().size()); }

/// Bytes that tell rank, round and position.
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

TEST_CASE("mpi gather: random sizes over many rounds") {
  MpiGather gather(test_channel(), kLimit);
  std::minstd_rand random(7);  // the same on all ranks
  for (std::size_t round = 0; round < 200; ++round) {
    Sizes sizes(ranks());
    for (auto& size : sizes) size = random() % 3 == 0 ? 0 : random() % 20000;
    check_round(gather, sizes, round);
  }
}

TEST_CASE("mpi gather: rounds in which no rank, or one rank alone, has something") {
  MpiGather gather(test_channel(), kLimit);
  check_round(gather, Sizes(ranks(), 0), 0);
  for (std::size_t rank = 0; rank < ranks(); ++rank) {
    Sizes sizes(ranks(), 0);
    sizes[rank] = 17;
    check_round(gather, sizes, rank + 1);
  }
}

TEST_CASE("mpi gather: blocks of many MiB") {
  MpiGather gather(test_channel(), kLimit);
  Sizes sizes(ranks(), 8 << 20);
  sizes.back() += 12345;
  check_round(gather, sizes, 0);
  check_round(gather, sizes, 1);
}

TEST_CASE("mpi gather: blocks that travel in pieces, with and without a rest") {
  for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{4096}}) {
    MpiGather gather(test_channel(), kLimit, piece);
    for (std::uint64_t size :
         {std::uint64_t{63}, std::uint64_t{64}, std::uint64_t{65}, std::uint64_t{5000}}) {
      Sizes sizes(ranks(), size);
      sizes[0] = 1;
      check_round(gather, sizes, size + piece);
      check_round(gather, sizes, size + piece + 1);  // a fast rank's next round must not be mixed in
    }
  }
}

TEST_CASE("mpi gather: large blocks in pieces do not overtake each other") {
  MpiGather gather(test_channel(), kLimit, std::size_t{1} << 20);
  check_round(gather, Sizes(ranks(), (5 << 20) + 1), 3);
}

TEST_CASE("mpi gather: sizes that do not fit the call are our mistake") {
  MpiGather gather(test_channel(), kLimit);
  CHECK_THROWS_AS(gather.gather(Bytes(3), Sizes(ranks(), 4)), InternalError);
  CHECK_THROWS_AS(gather.gather(Bytes(3), Sizes(ranks() + 1, 3)), InternalError);
}

TEST_CASE("mpi gather: at the deadline rank 0 names the ranks that did not send") {
  if (ranks() == 1) return;
  const Sizes sizes(ranks(), 5);
  const std::size_t late = ranks() - 1;
  MpiGather gather(test_channel(), Seconds(own() == 0 ? 0.5 : kLimit.count()));
  if (own() == 0) {
    CHECK_THROWS_WITH(
        gather.gather(block(0, 5, 0), sizes),
        Contains("those of " + test_channel().describe(static_cast<int>(late)) + " did not arrive") &&
            Contains("0.5 s"));
  } else if (own() != late) {
    CHECK(gather.gather(block(own(), 5, 0), sizes).empty());
  }
  broadcast(test_channel(), "rank 0 has given up", soon());
}

TEST_CASE("mpi gather: a sender is told when rank 0 does not take a large block") {
  if (ranks() == 1) return;
  MpiGather gather(test_channel(), Seconds(own() == 0 ? kLimit.count() : 0.2));
  const Sizes sizes(ranks(), 3 << 20);
  if (own() != 0) {
    CHECK_THROWS_WITH(gather.gather(block(own(), sizes[own()], 0), sizes),
                      Contains(test_channel().describe(0) + " did not take those of"));
    collect(test_channel(), "has given up", soon());
  } else {
    collect(test_channel(), "", soon());
    CHECK(gather.gather(block(0, sizes[0], 0), sizes).size() == ranks());
  }
}

TEST_CASE("make gather: automatic is mpi unless every rank has its own GPU") {
  const auto gather = make_gather(test_channel(), GatherKind::automatic, false, 0, kLimit);
  CHECK(gather->name() == "mpi");
  check_round(*gather, Sizes(ranks(), 100), 0);
  CHECK(make_gather(test_channel(), GatherKind::mpi, true, 0, kLimit)->name() == "mpi");
}

TEST_CASE("make gather: nccl without a GPU for every rank is refused on all ranks alike") {
  CHECK_THROWS_WITH(make_gather(test_channel(), GatherKind::nccl, false, 0, kLimit),
                    Contains("--gather auto"));
  CHECK_THROWS_AS(make_gather(test_channel(), GatherKind::nccl, false, 0, kLimit), AgreedError);
}

TEST_CASE("make gather: nccl on a device that does not exist is refused on all ranks alike") {
  CHECK_THROWS_WITH(make_gather(test_channel(), GatherKind::nccl, true, 9999, kLimit),
                    Contains("--gather mpi"));
  CHECK_THROWS_AS(make_gather(test_channel(), GatherKind::nccl, true, 9999, kLimit), AgreedError);
}
