#include "comm/mpi_gather.hpp"

#include <algorithm>

#include "comm/waiting.hpp"

namespace infer {

MpiGather::MpiGather(Channel& channel, Seconds limit, std::size_t piece_bytes)
    : channel_(channel), limit_(limit), piece_bytes_(piece_bytes) {
  INFER_ASSERT(piece_bytes > 0);
}

std::vector<Bytes> MpiGather::gather(ByteView mine, std::span<const std::uint64_t> sizes) {
  INFER_ASSERT(sizes.size() == static_cast<std::size_t>(channel_.size()));
  INFER_ASSERT(sizes[static_cast<std::size_t>(channel_.rank())] == mine.size());
  const Deadline deadline(limit_);
  if (channel_.rank() == 0) return receive(mine, sizes, deadline);
  send(mine, deadline);
  return {};
}

void MpiGather::send(ByteView mine, const Deadline& deadline) {
  while (!mine.empty()) {
    const ByteView piece = mine.first(std::min(mine.size(), piece_bytes_));
    channel_.post(0, Tag::payload, Bytes(piece.begin(), piece.end()));
    mine = mine.subspan(piece.size());
  }
  if (wait_until(channel_, deadline, [&] { return channel_.progress(); })) return;
  throw RunError("cannot gather predictions: " + channel_.describe(0) + " did not take those of " +
                 channel_.describe(channel_.rank()) + " within " + limit_text(deadline) +
                 " (--comm-timeout)" + "; look there for a hanging or overloaded process");
}

std::vector<Bytes> MpiGather::receive(ByteView mine, std::span<const std::uint64_t> sizes,
                                      const Deadline& deadline) {
  std::vector<Bytes> blocks(sizes.size());
  blocks[0].assign(mine.begin(), mine.end());
  std::vector<int> missing;
  for (std::size_t rank = 1; rank < sizes.size(); ++rank) {
    if (sizes[rank] > 0) missing.push_back(static_cast<int>(rank));
  }
  const auto take_all = [&](int rank) {
    const auto at = static_cast<std::size_t>(rank);
    while (take_piece(rank, sizes[at], blocks[at])) {
    }
    return blocks[at].size() == sizes[at];
  };
  const auto done = [&] { return std::erase_if(missing, take_all), missing.empty(); };
  if (wait_until(channel_, deadline, done)) return blocks;
  throw RunError("cannot gather predictions: those of " + describe_ranks(channel_, missing) +
                 " did not arrive within " + limit_text(deadline) +
                 "; look there for a hanging or overloaded process");
}

// False when no piece has come, or none is missing: the next one then belongs to the next round.
bool MpiGather::take_piece(int rank, std::uint64_t expected, Bytes& block) {
  if (block.size() == expected) return false;
  auto message = channel_.poll(Tag::payload, rank);
  if (!message) return false;
  if (message->bytes.size() > expected - block.size()) {
    throw InternalError(channel_.describe(rank) + " announced " + std::to_string(expected) +
                        " bytes and sent more");
  }
  if (message->bytes.size() == expected) {
    block = std::move(message->bytes);
  } else {
    block.reserve(expected);
    block.insert(block.end(), message->bytes.begin(), message->bytes.end());
  }
  return true;
}

}  // namespace infer
