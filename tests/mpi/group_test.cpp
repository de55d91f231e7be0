#include <mpi.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "comm/agreement.hpp"
#include "comm/communicator.hpp"
#include "mpi_test.hpp"

using namespace infer;

namespace {

/// Every other rank of the job, as a group of its own.
class Half {
 public:
  Half() {
    const auto& all = test_channel();
    MPI_Comm_split(MPI_COMM_WORLD, all.rank() % 2, all.rank(), &group_.handle);
  }
  Half(const Half&) = delete;
  Half& operator=(const Half&) = delete;
  ~Half() { MPI_Comm_free(&group_.handle); }

  const Communicator& group() const { return group_; }

  /// Names that tell the ranks of a group apart.
  static std::vector<std::string> hosts() {
    std::vector<std::string> names;
    for (int rank = test_channel().rank() % 2; rank < test_channel().size(); rank += 2)
      names.push_back("host" + std::to_string(rank));
    return names;
  }

 private:
  Communicator group_;
};

}  // namespace

TEST_CASE("group: its ranks have numbers of their own") {
  const Half half;
  const Channel channel(&half.group(), Half::hosts());
  CHECK(channel.rank() == test_channel().rank() / 2);
  CHECK(channel.host() == "host" + std::to_string(test_channel().rank()));
  CHECK(channel.describe(0) == "rank 0 (host" + std::to_string(test_channel().rank() % 2) + ")");
}

TEST_CASE("group: what its ranks agree on is theirs, while all ranks exchange under the same tags") {
  const Half half;
  Channel channel(&half.group(), Half::hosts());
  const auto mine = std::to_string(test_channel().rank());
  const auto of_all = collect(test_channel(), mine, soon());
  const auto of_group = collect(channel, mine, soon());
  for (std::size_t i = 0; i < of_group.size(); ++i)
    CHECK(of_group[i] == std::to_string(2 * static_cast<int>(i) + test_channel().rank() % 2));
  for (std::size_t i = 0; i < of_all.size(); ++i) CHECK(of_all[i] == std::to_string(i));
  CHECK(broadcast(channel, mine, soon()) == std::to_string(test_channel().rank() % 2));
  CHECK(broadcast(test_channel(), mine, soon()) == "0");
}
