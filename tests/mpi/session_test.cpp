#include "comm/session.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <optional>
#include <thread>

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
    if (auto message = test_session().poll(tag, from)) return std::move(*message);
    backoff.wait();
  }
  throw RunError("no message came in time");
}

int number_from(const Message& message) { return ByteReader(message.bytes).value<int>(); }

}  // namespace

TEST_CASE("session: rank, size and the local ones, all on this host") {
  const Session& session = test_session();
  CHECK(session.rank() >= 0);
  CHECK(session.rank() < session.size());
  CHECK(session.local_rank() == session.rank());
  CHECK(session.local_size() == session.size());
  char host[256] = {};
  REQUIRE(gethostname(host, sizeof host - 1) == 0);
  for (int rank = 0; rank < session.size(); ++rank) CHECK(session.host_of(rank) == host);
  CHECK(session.describe(0) == "rank 0 (" + std::string(host) + ")");
  if (const char* told = std::getenv("OMPI_COMM_WORLD_RANK")) CHECK(session.rank() == std::atoi(told));
}

TEST_CASE("session: messages of one rank with one tag keep their order, small or large") {
  Session& session = test_session();
  constexpr int kMessages = 60;
  for (int i = 0; i < kMessages; ++i) {
    Bytes bytes = number(i);
    bytes.resize(i % 3 == 0 ? std::size_t{300000} : bytes.size());  // over the eager limit of every transport
    session.post(0, i % 2 == 0 ? Tag::status : Tag::plan, std::move(bytes));
  }
  if (session.rank() == 0) {
    for (int rank = session.size() - 1; rank >= 0; --rank) {
      for (int i = 1; i < kMessages; i += 2) CHECK(number_from(wait_for(Tag::plan, rank)) == i);
      for (int i = 0; i < kMessages; i += 2) CHECK(number_from(wait_for(Tag::status, rank)) == i);
    }
    CHECK_FALSE(session.poll(Tag::status).has_value());
    CHECK_FALSE(session.poll(Tag::plan).has_value());
  }
  session.flush(soon());
}

TEST_CASE("session: from any rank, each message says who sent it") {
  Session& session = test_session();
  session.post(0, Tag::status, number(session.rank() * 10));
  session.post(0, Tag::status, number(session.rank() * 10 + 1));
  if (session.rank() == 0) {
    std::vector<int> next(static_cast<std::size_t>(session.size()), 0);
    for (int i = 0; i < 2 * session.size(); ++i) {
      const Message message = wait_for(Tag::status);
      CHECK(number_from(message) == message.from * 10 + next[static_cast<std::size_t>(message.from)]++);
    }
  }
  session.flush(soon());
}

TEST_CASE("session: an empty message arrives") {
  Session& session = test_session();
  const int next = (session.rank() + 1) % session.size();
  session.post(next, Tag::plan, {});
  CHECK(wait_for(Tag::plan).bytes.empty());
  session.flush(soon());
}

TEST_CASE("session: ranks that flush large messages to each other do not wait for ever") {
  Session& session = test_session();
  const int next = (session.rank() + 1) % session.size();
  const Bytes large(std::size_t{3} << 20, std::byte{7});
  session.post(next, Tag::payload, large);
  session.flush(soon());
  CHECK(wait_for(Tag::payload).bytes == large);
}

TEST_CASE("session: a message over MPI's limit is refused") {
  if (test_session().size() > 1) return;  // 2 GiB of memory, once
  CHECK_THROWS_WITH(test_session().post(0, Tag::payload, Bytes(std::size_t{1} << 31)),
                    Contains("2147483648 bytes") && Contains("limit"));
}

TEST_CASE("session: flush names the rank that does not take its message") {
  Session& session = test_session();
  if (session.size() == 1) return;
  const int late = session.size() - 1;
  if (session.rank() == 0) {
    session.post(late, Tag::payload, Bytes(std::size_t{3} << 20));
    CHECK_THROWS_WITH(session.flush(Deadline(Seconds(0.3))),
                      Contains("within 0.3 s by " + session.describe(late)));
    CHECK(session.late_receivers() == session.describe(late));
  }
  if (session.rank() == late) {
    std::this_thread::sleep_for(Seconds(1));
    CHECK(wait_for(Tag::payload, 0).bytes.size() == std::size_t{3} << 20);
  }
  session.flush(soon());
}
