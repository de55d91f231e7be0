#include "comm/channel.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <optional>
#include <thread>

#include "comm/waiting.hpp"
#include "mpi_test.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

Bytes number(int value) {
  ByteWriter writer;
  writer.value(value);
  return std::move(writer).take();
}

Message wait_for(Tag tag, std::optional<int> from = std::nullopt) {
  const Deadline deadline = soon();
  Backoff backoff;
  while (!deadline.passed()) {
    if (auto message = test_channel().poll(tag, from)) return std::move(*message);
    backoff.wait();
  }
  throw RunError("no message came in time");
}

int number_from(const Message& message) { return ByteReader(message.bytes).value<int>(); }

}  // namespace

TEST_CASE("channel: rank, size and the local ones, all on this host") {
  const Channel& channel = test_channel();
  CHECK(channel.rank() >= 0);
  CHECK(channel.rank() < channel.size());
  CHECK(test_world().local_rank() == channel.rank());
  CHECK(test_world().local_size() == channel.size());
  char host[256] = {};
  REQUIRE(gethostname(host, sizeof host - 1) == 0);
  for (int rank = 0; rank < channel.size(); ++rank) CHECK(channel.host_of(rank) == host);
  CHECK(channel.describe(0) == "rank 0 (" + std::string(host) + ")");
  if (const char* told = std::getenv("OMPI_COMM_WORLD_RANK")) CHECK(channel.rank() == std::atoi(told));
}

TEST_CASE("channel: messages of one rank with one tag keep their order, small or large") {
  Channel& channel = test_channel();
  constexpr int kMessages = 60;
  for (int i = 0; i < kMessages; ++i) {
    Bytes bytes = number(i);
    bytes.resize(i % 3 == 0 ? std::size_t{300000} : bytes.size());  // over the eager limit of every transport
    channel.post(0, i % 2 == 0 ? Tag::status : Tag::plan, std::move(bytes));
  }
  if (channel.rank() == 0) {
    for (int rank = channel.size() - 1; rank >= 0; --rank) {
      for (int i = 1; i < kMessages; i += 2) CHECK(number_from(wait_for(Tag::plan, rank)) == i);
      for (int i = 0; i < kMessages; i += 2) CHECK(number_from(wait_for(Tag::status, rank)) == i);
    }
    CHECK_FALSE(channel.poll(Tag::status).has_value());
    CHECK_FALSE(channel.poll(Tag::plan).has_value());
  }
  channel.flush(soon());
}

TEST_CASE("channel: from any rank, each message says who sent it") {
  Channel& channel = test_channel();
  channel.post(0, Tag::status, number(channel.rank() * 10));
  channel.post(0, Tag::status, number(channel.rank() * 10 + 1));
  if (channel.rank() == 0) {
    std::vector<int> next(static_cast<std::size_t>(channel.size()), 0);
    for (int i = 0; i < 2 * channel.size(); ++i) {
      const Message message = wait_for(Tag::status);
      CHECK(number_from(message) == message.from * 10 + next[static_cast<std::size_t>(message.from)]++);
    }
  }
  channel.flush(soon());
}

TEST_CASE("channel: an empty message arrives") {
  Channel& channel = test_channel();
  const int next = (channel.rank() + 1) % channel.size();
  channel.post(next, Tag::plan, {});
  CHECK(wait_for(Tag::plan).bytes.empty());
  channel.flush(soon());
}

TEST_CASE("channel: ranks that flush large messages to each other do not wait for ever") {
  Channel& channel = test_channel();
  const int next = (channel.rank() + 1) % channel.size();
  const Bytes large(std::size_t{3} << 20, std::byte{7});
  channel.post(next, Tag::payload, large);
  channel.flush(soon());
  CHECK(wait_for(Tag::payload).bytes == large);
}

TEST_CASE("channel: a message over MPI's limit is refused") {
  if (test_channel().size() > 1) return;  // 2 GiB of memory, once
  CHECK_THROWS_WITH(test_channel().post(0, Tag::payload, Bytes(std::size_t{1} << 31)),
                    Contains("2147483648 bytes") && Contains("limit"));
}

TEST_CASE("channel: flush names the rank that does not take its message") {
  Channel& channel = test_channel();
  if (channel.size() == 1) return;
  const int late = channel.size() - 1;
  if (channel.rank() == 0) {
    channel.post(late, Tag::payload, Bytes(std::size_t{3} << 20));
    CHECK_THROWS_WITH(channel.flush(Deadline(Seconds(0.3))),
                      Contains("within 0.3 s by " + channel.describe(late)));
    CHECK(channel.late_receivers() == channel.describe(late));
  }
  if (channel.rank() == late) {
    std::this_thread::sleep_for(Seconds(1));
    CHECK(wait_for(Tag::payload, 0).bytes.size() == std::size_t{3} << 20);
  }
  channel.flush(soon());
}
