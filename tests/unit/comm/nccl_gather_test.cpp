#include "comm/nccl/nccl_gather.hpp"
#include "comm/agreement.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "comm/channel.hpp"
#include "fake_nccl.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

constexpr NcclLimits kShort{Seconds(0.05), Seconds(2), Seconds(0.05)};
constexpr NcclLimits kLong{Seconds(20), Seconds(20), Seconds(20)};

Bytes bytes(const std::string& text) {
  const ByteView view = as_byte_view(text);
  return {view.begin(), view.end()};
}

std::string id_message() { return "+" + std::string(NCCL_UNIQUE_ID_BYTES, 'u'); }

/// One rank's gather over the fake; the other ranks' texts are put into the fake before each round.
struct Rank {
  FakeNccl fake;
  int rank;
  std::unique_ptr<NcclGather> gather;
  int meetings = 0;
  int missing_from_meeting = 0;  ///< rank 2; from 1

  Rank(int own_rank, int size) : fake(own_rank, size), rank(own_rank) {}

  NcclGather& join(NcclLimits limits = kLong, int device = 3) {
    const auto broadcast = [this](const std::string& mine) { return rank == 0 ? mine : id_message(); };
    const auto meet = [this](const Deadline&) {
      if (++meetings == missing_from_meeting) throw RunError("nothing came from rank 2");
    };
    const NcclPeers peers{rank, static_cast<int>(fake.peers.size()), broadcast, meet};
    gather = std::make_unique<NcclGather>(fake.nccl(), fake.cuda(), peers, device, limits);
    return *gather;
  }

  std::vector<Bytes> round(const std::vector<Bytes>& blocks) {
    fake.peers = blocks;
    std::vector<std::uint64_t> sizes;
    for (const Bytes& block : blocks) sizes.push_back(block.size());
    return gather->gather(blocks[static_cast<std::size_t>(rank)], sizes);
  }

  std::string failure(const std::vector<Bytes>& blocks) {
    try {
      round(blocks);
    } catch (const RunError& error) {
      return error.what();
    }
    return "no failure";
  }
};

const std::vector<Bytes> kThree{bytes("zero"), bytes("the longest"), bytes("2")};

Bytes filled(std::size_t size, int value) { return Bytes(size, static_cast<std::byte>(value)); }

}  // namespace

TEST_CASE("nccl gather: rank 0 gets every block, cut to its size") {
  Rank rank(0, 3);
  rank.join();
  CHECK(rank.round(kThree) == kThree);
  CHECK(rank.fake.calls == std::vector<std::string>{"ncclCommInitRankConfig", "ncclAllGather"});
  CHECK(rank.fake.mistakes.empty());
}

TEST_CASE("nccl gather: the other ranks get nothing") {
  Rank rank(1, 3);
  rank.join();
  CHECK(rank.round(kThree).empty());
  CHECK(rank.fake.count("ncclAllGather") == 1);
  CHECK(rank.fake.mistakes.empty());
}

TEST_CASE("nccl gather: the communicator does not block, is named, and takes few multiprocessors") {
  Rank rank(0, 2);
  rank.join();
  CHECK(rank.fake.config.blocking == 0);
  CHECK(std::string(rank.fake.config.commName) == "infer");
  CHECK(rank.fake.config.maxCTAs <= 4);
  CHECK(rank.fake.device == 3);
}

TEST_CASE("nccl gather: it waits for calls in progress and for the stream") {
  Rank rank(0, 3);
  rank.fake.polls_in_progress = 5;
  rank.fake.stream_polls = 7;
  rank.join();
  CHECK(rank.round(kThree) == kThree);
  CHECK(rank.round(kThree) == kThree);
  rank.gather.reset();
  CHECK(rank.fake.mistakes.empty());
  CHECK(rank.fake.destroys == 1);
}

TEST_CASE("nccl gather: a rank with nothing to send takes part") {
  for (int own : {0, 1, 2}) {
    Rank rank(own, 3);
    rank.join();
    const std::vector<Bytes> blocks{bytes(""), bytes("something"), bytes("")};
    CHECK(rank.round(blocks) == (own == 0 ? blocks : std::vector<Bytes>{}));
    CHECK(rank.fake.count("ncclAllGather") == 1);
    CHECK(rank.fake.mistakes.empty());
  }
}

TEST_CASE("nccl gather: the ranks meet first, and who is missing is named before NCCL waits for it") {
  Rank rank(0, 3);
  rank.join();
  rank.round(kThree);
  CHECK(rank.meetings == 1);
  rank.missing_from_meeting = 2;
  CHECK(rank.failure(kThree) == "nothing came from rank 2");
  CHECK(rank.fake.calls == std::vector<std::string>{"ncclCommInitRankConfig", "ncclAllGather"});
}

TEST_CASE("nccl gather: who goes missing later is named too, once NCCL has waited in vain") {
  Rank rank(0, 3);
  rank.join(kShort);
  rank.fake.stream_polls = -1;
  rank.missing_from_meeting = 2;
  CHECK(rank.failure(kThree) == "nothing came from rank 2");
  CHECK(rank.fake.aborts == 1);
}

TEST_CASE("nccl gather: a round without a byte makes no call") {
  Rank rank(0, 2);
  rank.join();
  CHECK(rank.round({bytes(""), bytes("")}) == std::vector<Bytes>{{}, {}});
  CHECK(rank.fake.calls == std::vector<std::string>{"ncclCommInitRankConfig"});
  CHECK(rank.fake.allocations == 0);
}

TEST_CASE("nccl gather: buffers grow between rounds only, and seldom") {
  Rank rank(0, 2);
  rank.join();
  for (std::size_t size = 1; size <= 200000; size += 997) {
    const std::vector<Bytes> blocks{filled(size, 1), filled(size / 2, 2)};
    REQUIRE(rank.round(blocks) == blocks);
  }
  CHECK(rank.fake.mistakes.empty());
  CHECK(rank.fake.allocations <= 8);  // 64, 128, 256, 512 KiB, once for the host and once for the device
  rank.gather.reset();
  CHECK(rank.fake.live_allocations() == 0);
  CHECK(rank.fake.live_streams == 0);
}

TEST_CASE("nccl gather: a big round is received by rank 0 alone") {
  const std::size_t big = NcclGather::kMostAllGatherBytes / 2;
  const std::vector<Bytes> blocks{filled(5, 1), filled(big, 2), filled(big - 3, 3)};
  Rank rank(0, 3);
  rank.join();
  CHECK(rank.round(blocks) == blocks);
  CHECK(rank.fake.count("ncclAllGather") == 0);
  CHECK(rank.fake.count("ncclRecv") == 2);
  CHECK(rank.fake.mistakes.empty());
}

TEST_CASE("nccl gather: a skewed round sends exact sizes, and the ranks without bytes call nothing") {
  const std::vector<Bytes> blocks{{}, {}, {}, {}, {}, filled(NcclGather::kSmallRoundBytes, 7)};
  for (int own : {0, 1, 5}) {
    Rank rank(own, 6);
    rank.join();
    CHECK(rank.round(blocks) == (own == 0 ? blocks : std::vector<Bytes>{}));
    CHECK(rank.fake.count("ncclRecv") == (own == 0 ? 1 : 0));
    CHECK(rank.fake.count("ncclSend") == (own == 5 ? 1 : 0));
    if (own == 5) CHECK(rank.fake.sent.at(0) == std::string(NcclGather::kSmallRoundBytes, '\7'));
    CHECK(rank.fake.mistakes.empty());
  }
}

TEST_CASE("nccl gather: one rank alone gets its own bytes back") {
  Rank rank(0, 1);
  rank.join();
  const std::vector<Bytes> small{bytes("mine")};
  const std::vector<Bytes> big{filled(NcclGather::kMostAllGatherBytes + 1, 9)};
  CHECK(rank.round(small) == small);
  CHECK(rank.round(big) == big);
  CHECK(rank.fake.mistakes.empty());
}

TEST_CASE("nccl gather: an asynchronous error aborts, with NCCL's words and what to do") {
  Rank rank(0, 3);
  rank.fake.failing_call = 3;
  rank.join();
  CHECK(rank.round(kThree) == kThree);
  CHECK_THAT(rank.failure(kThree), Contains("ncclAllGather on rank 0 of 3") &&
                                       Contains("remote process exited") &&
                                       Contains("the last words of NCCL") && Contains("--gather mpi"));
  CHECK(rank.fake.aborts == 1);
  CHECK_THROWS_AS(rank.round(kThree), InternalError);
  rank.gather.reset();
  CHECK(rank.fake.aborts == 1);
  CHECK(rank.fake.destroys == 0);
}

TEST_CASE("nccl gather: a call that NCCL refuses aborts") {
  Rank rank(1, 3);
  rank.fake.refused_call = "ncclAllGather";
  rank.join();
  CHECK_THAT(rank.failure(kThree), Contains("ncclAllGather on rank 1 of 3: some NCCL error"));
  CHECK(rank.fake.aborts == 1);
}

TEST_CASE("nccl gather: a refused receive inside the group aborts") {
  Rank rank(0, 6);
  rank.fake.refused_call = "ncclRecv";
  rank.join();
  CHECK_THAT(rank.failure({{}, {}, {}, {}, {}, filled(NcclGather::kSmallRoundBytes, 7)}),
             Contains("ncclRecv"));
  CHECK(rank.fake.aborts == 1);
}

TEST_CASE("nccl gather: a call that stays in progress ends at the deadline") {
  Rank rank(0, 3);
  rank.join(kShort);
  rank.fake.polls_in_progress = -1;
  CHECK_THAT(rank.failure(kThree), Contains("ncclAllGather") && Contains("within 0.05 s"));
  CHECK(rank.fake.aborts == 1);
}

TEST_CASE("nccl gather: a stream that never finishes ends at the deadline") {
  Rank rank(0, 3);
  rank.join(kShort);
  rank.fake.stream_polls = -1;
  CHECK_THAT(rank.failure(kThree), Contains("a rank is missing or hangs") && Contains("0.05 s"));
  CHECK(rank.fake.aborts == 1);
  rank.gather.reset();
  CHECK(rank.fake.live_allocations() == 0);
}

TEST_CASE("nccl gather: a peer's death ends the wait for the stream before the deadline") {
  Rank rank(0, 3);
  rank.join();
  rank.fake.stream_polls = -1;
  rank.fake.peer_dies_in_round = true;
  const Stopwatch watch;
  CHECK_THAT(rank.failure(kThree), Contains("remote process exited"));
  CHECK(watch.elapsed_s() < kLong.round.count() / 2);
  CHECK(rank.fake.aborts == 1);
}

TEST_CASE("nccl gather: a CUDA error on the stream aborts") {
  Rank rank(2, 3);
  rank.join();
  rank.fake.stream_error = cudaErrorLaunchFailure;
  CHECK_THAT(rank.failure(kThree), Contains("on rank 2 of 3: some CUDA error"));
  CHECK(rank.fake.aborts == 1);
}

TEST_CASE("nccl gather: memory that is not there is named") {
  Rank rank(0, 3);
  rank.join();
  rank.fake.fail_allocation = 1;
  CHECK_THAT(rank.failure(kThree),
             Contains("65536 bytes of pinned host memory") && Contains("some CUDA error"));
}

TEST_CASE("nccl gather: an abort that hangs is left behind, and the memory with it") {
  Rank rank(0, 3);
  rank.join(kShort);
  rank.fake.stream_polls = -1;
  rank.fake.abort_hangs = true;
  CHECK_THAT(rank.failure(kThree), Contains("a rank is missing or hangs"));
  rank.gather.reset();
  CHECK(rank.fake.live_allocations() == 2);
  CHECK(rank.fake.live_streams == 1);
  rank.fake.abort_hangs = false;
  while (rank.fake.aborts_done == 0) std::this_thread::yield();  // that thread still uses the fake
}

TEST_CASE("nccl gather: rank 0's failure to make an id reaches every rank") {
  FakeNccl fake(0, 2);
  fake.refused_call = "ncclGetUniqueId";
  std::string announced;
  const auto note = [&](const std::string& text) { return announced = text; };
  const auto join = [&](int rank, auto broadcast) {
    NcclGather(fake.nccl(), fake.cuda(), NcclPeers{rank, 2, broadcast, {}}, 0, kShort);
  };
  CHECK_THROWS_WITH(join(0, note), Contains("ncclGetUniqueId: some NCCL error"));
  CHECK_THROWS_AS(join(1, [&](const std::string&) { return announced; }), AgreedError);
  CHECK(fake.calls.empty());
  CHECK(fake.live_streams == 0);
}

TEST_CASE("nccl gather: a refused or endless joining is an error") {
  Rank rank(0, 2);
  SECTION("refused") {
    rank.fake.refused_call = "ncclCommInitRankConfig";
    CHECK_THROWS_WITH(rank.join(kShort), Contains("ncclCommInitRankConfig on rank 0 of 2: some NCCL error"));
    CHECK(rank.fake.aborts == 0);
  }
  SECTION("endless") {
    rank.fake.polls_in_progress = -1;
    CHECK_THROWS_WITH(rank.join(kShort), Contains("not done within 0.05 s: a rank is missing"));
    CHECK(rank.fake.aborts == 1);
  }
  CHECK(rank.fake.live_streams == 0);
}

TEST_CASE("nccl gather: a device that does not exist is an error before anything is created") {
  Rank rank(0, 2);
  CHECK_THROWS_WITH(rank.join(kShort, 9), Contains("cannot use CUDA device 9"));
  CHECK(rank.fake.calls.empty());
  CHECK(rank.fake.live_streams == 0);
}

TEST_CASE("nccl gather: leaving on the normal path finalizes, then destroys") {
  Rank rank(0, 2);
  rank.fake.polls_in_progress = 3;
  rank.join();
  rank.gather.reset();
  CHECK(rank.fake.calls.back() == "ncclCommFinalize");
  CHECK(rank.fake.destroys == 1);
  CHECK(rank.fake.aborts == 0);
}

TEST_CASE("nccl gather: leaving while an error unwinds aborts at once") {
  Rank rank(0, 2);
  rank.join();
  const auto fail_elsewhere = [&] {
    const auto owned = std::move(rank.gather);
    throw RunError("the disk is full");
  };
  CHECK_THROWS_WITH(fail_elsewhere(), "the disk is full");
  CHECK(rank.fake.count("ncclCommFinalize") == 0);
  CHECK(rank.fake.aborts == 1);
  CHECK(rank.fake.destroys == 0);
}

TEST_CASE("nccl gather: a farewell that fails or never ends becomes an abort") {
  Rank rank(0, 2);
  rank.join(kShort);
  SECTION("refused") { rank.fake.refused_call = "ncclCommFinalize"; }
  SECTION("endless") { rank.fake.polls_in_progress = -1; }
  rank.gather.reset();
  CHECK(rank.fake.aborts == 1);
  CHECK(rank.fake.destroys == 0);
}

TEST_CASE("nccl version: an older minor version and another major one are refused") {
  FakeNccl fake(0, 1);
  CHECK_NOTHROW(require_nccl_version(fake.nccl()));
  fake.version = NCCL_VERSION_CODE + 100;
  CHECK_NOTHROW(require_nccl_version(fake.nccl()));
  fake.version = NCCL_VERSION_CODE + 10000;
  CHECK_THROWS_AS(require_nccl_version(fake.nccl()), UsageError);
  fake.version = 22100;
  CHECK_THROWS_WITH(require_nccl_version(fake.nccl()), Contains("2.21.0") && Contains("--gather mpi"));
}
